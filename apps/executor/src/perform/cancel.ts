import { asFailure, dispatchId, dispatchText, signals, subjects, type RunOutcome } from '@nightshift/contracts';
import type { ChangedRun, ControlTarget, Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Perform } from './performed.ts';

export interface PerformCancelDeps {
  ledger: Pick<Ledger, 'control' | 'lists'>;
  bus: Pick<Bus, 'publish' | 'send'>;
}

interface Cancelled {
  cancelled: number;
  unchanged: number;
}

/**
 * Cancels runs, schedules and lists; a list counts as one. What has ended already, or never was, stays as it is and is only counted,
 * so that a repeat does no harm.
 */
export const makePerformCancel =
  (deps: PerformCancelDeps): Perform<'cancel'> =>
  async ({ runs, lists, where, reason }) => {
    const result: Cancelled = { cancelled: 0, unchanged: 0 };
    const count = ({ cancelled, unchanged }: Cancelled): void => {
      result.cancelled += cancelled;
      result.unchanged += unchanged;
    };
    if (runs) {
      const runIds = runs.filter(isId);
      count({ cancelled: 0, unchanged: runs.length - runIds.length });
      if (runIds.length > 0) count(await cancelRuns(deps, { runIds }, reason));
    }
    if (where && namesIds(where)) count(await cancelRuns(deps, { where } as ControlTarget, reason));
    for (const listId of lists ?? []) {
      const isCancelled = isId(listId) && (await cancelList(deps, listId));
      count({ cancelled: isCancelled ? 1 : 0, unchanged: isCancelled ? 0 : 1 });
    }
    return { outcome: { kind: 'completed', result } };
  };

/** What is not an id names nothing; Postgres would refuse the whole statement for it. */
const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const namesIds = ({ chainId, listId, parentRunId }: { chainId?: string; listId?: string; parentRunId?: string }) =>
  [chainId, listId, parentRunId].every((id) => id === undefined || isId(id));

const cancelRuns = async (
  { ledger, bus }: PerformCancelDeps,
  target: ControlTarget,
  reason: string | undefined,
): Promise<Cancelled> => {
  let cancelled = 0;
  const { unchanged, wokenRunIds } = await ledger.control.cancel(target, {
    ...(reason !== undefined && { reason }),
    onChanged: (changed) => {
      cancelled += changed.length;
      announceCancelled(bus, changed);
    },
  });
  for (const runId of wokenRunIds) wake(bus, runId);
  return { cancelled, unchanged: unchanged.length };
};

/** Tells whoever has to do with these runs. Each of them would find out without it, later. */
const announceCancelled = (bus: PerformCancelDeps['bus'], changed: readonly ChangedRun[]): void => {
  for (const { runId, version, waiter, callerRunId } of changed) {
    // An executor puts the end on the feed.
    bus.publish(subjects.dispatch, dispatchText({ runId, version }), { id: dispatchId({ runId, version }) });
    if (waiter !== undefined) bus.send(subjects.outcome(waiter), { runId, status: 'cancelled' } satisfies RunOutcome);
    if (callerRunId !== null) wake(bus, callerRunId);
  }
  if (changed.length > 0) bus.send(signals.interrupted, { runIds: changed.map(({ runId }) => runId) });
  const listIds = new Set(changed.flatMap(({ listId }) => listId ?? []));
  if (listIds.size > 0) bus.send(signals.lists, { listIds: [...listIds] });
};

/** Of a run that became ready elsewhere neither the version is known here, nor is any of its events new. */
const wake = (bus: PerformCancelDeps['bus'], runId: string): void =>
  bus.publish(subjects.dispatch, dispatchText({ runId, version: Number.MAX_SAFE_INTEGER }));

/** @returns whether it went on until now */
const cancelList = async ({ ledger, bus }: PerformCancelDeps, listId: string): Promise<boolean> => {
  try {
    announceCancelled(bus, await ledger.lists.cancel(listId));
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'list.ended' || failure.code === 'list.not_found') return false;
    throw failure;
  }
  bus.send(signals.lists, { listIds: [listId] });
  return true;
};
