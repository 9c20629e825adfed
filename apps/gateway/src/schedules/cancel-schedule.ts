import { Failure, type RunView, type Schedule } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { scheduleOf } from './schedule-view.ts';

export interface CancelScheduleDeps {
  ledger: Pick<Ledger, 'runs'>;
  dispatchRuns: DispatchRuns;
  nowMs: () => number;
}

/** Something else happens to a run that waits for its time once or twice at most. */
const ATTEMPTS = 10;

const hasStarted = ({ status, startedAt }: RunView): boolean =>
  startedAt !== null || (status !== 'scheduled' && status !== 'paused');

/**
 * Cancels a scheduled run that has not started; one that is cancelled already stays so.
 * @throws Failure `schedule.not_found`, `schedule.started`, `ledger.unavailable`
 */
export const makeCancelSchedule =
  ({ ledger, dispatchRuns, nowMs }: CancelScheduleDeps) =>
  async (id: string): Promise<Schedule> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // In this order: what is appended behind the version that was read then fits the status, or is refused. A run that starts in this
      // moment is never cancelled in the middle of what it does.
      const { length: expectedVersion } = await ledger.runs.events(id);
      const run = await ledger.runs.find(id);
      const schedule = run && scheduleOf(run);
      if (run === undefined || schedule === undefined) {
        throw new Failure('schedule.not_found', { detail: `There is no schedule ${id}` });
      }
      if (run.status === 'cancelled') return schedule;
      if (hasStarted(run)) {
        throw new Failure('schedule.started', {
          detail: `The run of schedule ${id} has already started: cancel the run instead`,
        });
      }
      const appended = await ledger.runs.append({
        runId: id,
        expectedVersion,
        events: [{ type: 'RunCancelled', data: {} }],
        at: new Date(nowMs()).toISOString(),
      });
      if (appended.outcome === 'conflict') continue;
      dispatchRuns.moved([{ runId: id, version: expectedVersion + 1 }]);
      return { ...schedule, status: 'cancelled' };
    }
    throw new Failure('ledger.unavailable', { detail: `Schedule ${id} moves too quickly to be cancelled; try again` });
  };
