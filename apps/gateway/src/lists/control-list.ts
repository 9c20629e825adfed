import {
  CancelListBodySchema,
  compileSchema,
  Failure,
  ListChangeSchema,
  listPace,
  PauseListBodySchema,
  signals,
  stopAbovePercent,
  type ControlledRuns,
} from '@nightshift/contracts';
import { itemRunId, type ChangedRun, type Ledger, type ListChanges, type ListView } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checked } from '../door/checked.ts';
import type { AnnounceControl } from '../runs/announce-control.ts';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { makeGetList } from './read-lists.ts';
import { consistent } from './read-settings.ts';

export interface ControlListDeps {
  ledger: Pick<Ledger, 'lists' | 'control'>;
  bus: Pick<Bus, 'send'>;
  announceControl: AnnounceControl;
  dispatchRuns: DispatchRuns;
}

const checkPause = compileSchema(PauseListBodySchema);
const checkCancel = compileSchema(CancelListBodySchema);
const checkChange = compileSchema(ListChangeSchema);

/** Failed items that are retried together. */
const RETRIED_AT_ONCE = 1_000;
/** Of items that could not be retried, this many are named. */
const REPORTED_MAX = 100;

/** Stops lists, lets them go on, changes them, and tells whoever has to do with them. Each answers with the list as it is then. */
export const makeControlList = ({ ledger, bus, announceControl, dispatchRuns }: ControlListDeps) => {
  const get = makeGetList({ ledger });

  const told = (listId: string, changed: readonly ChangedRun[]): Promise<ListView> => {
    announceControl(changed);
    bus.send(signals.lists, { listIds: [listId] });
    return get(listId);
  };

  const endList = async (listId: string): Promise<ChangedRun[]> => {
    try {
      return await ledger.lists.cancel(listId);
    } catch (error) {
      const isEnded = error instanceof Failure && error.code === 'list.ended';
      if (isEnded && (await get(listId)).status === 'cancelled') return [];
      throw error;
    }
  };

  /** Also what was waiting for a lock that one of them held goes on. */
  const cancelRuns = async (listId: string): Promise<void> => {
    const { wokenRunIds } = await ledger.control.cancel({ where: { listId } }, { onChanged: announceControl });
    dispatchRuns.ready(wokenRunIds);
  };

  return {
    /** After the answer no item starts. One that is paused stays so. @throws Failure `list.not_found`, `list.ended` */
    pause: async (listId: string, body: unknown): Promise<ListView> => {
      const { inFlight = 'finish' } = checked(checkPause, body ?? {});
      return told(listId, await ledger.lists.pause(listId, inFlight === 'pause'));
    },

    /** @throws Failure `list.not_found`, `list.ended`, `list.not_paused` */
    resume: async (listId: string): Promise<ListView> => told(listId, await ledger.lists.resume(listId)),

    /** After the answer no item starts. One that is cancelled already stays so. @throws Failure `list.not_found`, `list.ended` */
    cancel: async (listId: string, body: unknown): Promise<ListView> => {
      const { inFlight = 'finish' } = checked(checkCancel, body ?? {});
      const unstarted = await endList(listId);
      if (inFlight === 'cancel') await cancelRuns(listId);
      return told(listId, unstarted);
    },

    /** @throws Failure `request.invalid`, `list.not_found`, `list.ended` */
    change: async (listId: string, body: unknown): Promise<ListView> => {
      const { concurrency, failurePolicy, ...pace } = checked(checkChange, body ?? {});
      consistent(pace);
      const changes: ListChanges = {
        ...(concurrency !== undefined && { concurrency }),
        ...(failurePolicy !== undefined && { stopAbovePercent: stopAbovePercent(failurePolicy) }),
        ...(Object.keys(pace).length > 0 && { pace: listPace(pace) }),
      };
      await ledger.lists.change(listId, changes);
      return told(listId, []);
    },

    /** Each failed item goes on at the step that failed. @throws Failure `list.not_found` */
    retryFailed: async (listId: string): Promise<ControlledRuns> => {
      await get(listId);
      const result: ControlledRuns = { changed: 0, unchanged: [] };
      let runIds: string[];
      let afterId: string | undefined;
      do {
        runIds = await ledger.lists.failedRunIds(listId, RETRIED_AT_ONCE, afterId);
        afterId = runIds.at(-1);
        const { changed, unchanged } = await ledger.control.retry({ runIds });
        announceControl(changed);
        result.changed += changed.length;
        for (const { reason: code, ...run } of unchanged.slice(0, REPORTED_MAX - result.unchanged.length))
          result.unchanged.push({ ...run, code });
      } while (runIds.length === RETRIED_AT_ONCE);
      bus.send(signals.lists, { listIds: [listId] });
      return result;
    },

    /** @throws Failure `list.not_found`, `list.item_not_found`, `run.not_failed`, `run.compensated`, `ledger.unavailable` */
    retryItem: async (listId: string, index: number): Promise<ListView> => {
      const { total } = await get(listId);
      const { changed, unchanged } = await ledger.control.retry({ runIds: [itemRunId(listId, index)] });
      const [refused] = unchanged;
      if (refused?.status === null && index >= total)
        throw new Failure('list.item_not_found', { detail: `List ${listId} has ${total} items, the first is 0` });
      if (refused !== undefined) {
        const code = refused.status === null ? 'run.not_failed' : refused.reason;
        throw new Failure(code, {
          detail: `Item ${index} ${refused.status === null ? 'has not started' : `is ${refused.status}`}`,
        });
      }
      return told(listId, changed);
    },

    /**
     * The item never runs. One that is skipped already stays so.
     * @throws Failure `list.not_found`, `list.item_not_found`, `list.item_started`, `list.ended`
     */
    skipItem: async (listId: string, index: number): Promise<ListView> =>
      told(listId, await ledger.lists.skip(listId, index)),
  };
};

export type ControlList = ReturnType<typeof makeControlList>;
