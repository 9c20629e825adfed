import { compileSchema, Failure, HoldBodySchema, type HoldView } from '@nightshift/contracts';
import type { HoldScope, Ledger } from '@nightshift/ledger';
import { checked, refusal } from '../door/checked.ts';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';

export interface HoldsDeps {
  ledger: Pick<Ledger, 'flows'>;
  dispatchRuns: Pick<DispatchRuns, 'queued'>;
}

const checkHold = compileSchema(HoldBodySchema);

/** What is not to start. Both answer with everything that is held then. */
export const makeHolds = ({ ledger, dispatchRuns }: HoldsDeps) => ({
  /** After the answer nothing in the scope starts, and nothing of it is lost. @throws Failure `request.invalid` */
  hold: async (scope: HoldScope, body: unknown): Promise<HoldView[]> => {
    const { reason, key } = checked(checkHold, body ?? {});
    if (key !== undefined && scope.workflow === undefined) {
      throw refusal('request.invalid', [{ pointer: '/key', detail: 'only the runs of one workflow have keys' }]);
    }
    await ledger.flows.hold({ ...scope, ...(key !== undefined && { key }) }, reason);
    return ledger.flows.holds();
  },

  /** @throws Failure `hold.not_found` */
  release: async (scope: HoldScope, body: unknown): Promise<HoldView[]> => {
    const { key } = checked(checkHold, body ?? {});
    const isReleased = await ledger.flows.release({ ...scope, ...(key !== undefined && { key }) });
    if (!isReleased) throw new Failure('hold.not_found', { detail: 'It is not paused' });
    // Whose queues these are is not asked: a look each second finds those that are not named here.
    dispatchRuns.queued(scope.workflow === undefined ? await ledger.flows.toServe(new Date()) : [scope.workflow]);
    return ledger.flows.holds();
  },
});
