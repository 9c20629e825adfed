import { dispatchId, dispatchText, laneOf, signals, subjects, type Dispatch } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

/** Tells executors of runs. Not waited for: the reconciler sends another dispatch if one gets lost. */
export interface DispatchRuns {
  /** Runs that moved here: their new events get to the feed, and they go on. */
  moved(dispatches: readonly Dispatch[]): void;
  /** A new run of a workflow that nobody waits for. */
  started(dispatch: Dispatch, workflow: string): void;
  /** Runs that became ready by what happened elsewhere: none of their events is new. */
  ready(runIds: readonly string[]): void;
  /** Runs of these workflows came into their queues, or left room in them: schedulers see whose turn it is. */
  queued(workflows: readonly string[]): void;
}

export const makeDispatchRuns = ({ bus }: { bus: Pick<Bus, 'publish' | 'send'> }): DispatchRuns => ({
  moved: (dispatches) => {
    for (const dispatch of dispatches) {
      bus.publish(subjects.dispatch, dispatchText(dispatch), { id: dispatchId(dispatch) });
    }
  },
  started: (dispatch, workflow) =>
    bus.publish(subjects.dispatchLane(laneOf(workflow)), dispatchText(dispatch), { id: dispatchId(dispatch) }),
  ready: (runIds) => {
    // Without an id: a run may become ready many times at one version.
    for (const runId of runIds) {
      bus.publish(subjects.dispatch, dispatchText({ runId, version: Number.MAX_SAFE_INTEGER }));
    }
  },
  queued: (workflows) => bus.send(signals.flows, { workflows: [...workflows] }),
});
