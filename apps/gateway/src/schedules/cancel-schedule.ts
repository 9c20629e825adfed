import { Failure, type Schedule } from '@nightshift/contracts';
import type { makeCancelRun } from '../runs/cancel-run.ts';
import { scheduleOf } from './schedule-view.ts';

export interface CancelScheduleDeps {
  cancelRun: ReturnType<typeof makeCancelRun>;
}

const notFound = (id: string): Failure => new Failure('schedule.not_found', { detail: `There is no schedule ${id}` });

/**
 * Cancels a scheduled run that has not started; one that is cancelled already stays so.
 * @throws Failure `schedule.not_found`, `schedule.started`, `ledger.unavailable`
 */
export const makeCancelSchedule =
  ({ cancelRun }: CancelScheduleDeps) =>
  async (id: string): Promise<Schedule> => {
    const run = await cancelRun({
      runId: id,
      guard: (state) => {
        if (state.status === 'none' || state.status === 'scheduled') return;
        const { cause, dueAt } = state.requested;
        if (dueAt === undefined && cause.kind !== 'schedule') throw notFound(id);
        throw new Failure('schedule.started', {
          detail: `The run of schedule ${id} has already started: cancel the run instead`,
        });
      },
    }).catch((error: unknown) => {
      throw error instanceof Failure && error.code === 'run.not_found' ? notFound(id) : error;
    });
    const schedule = scheduleOf(run);
    if (schedule === undefined) throw notFound(id);
    return schedule;
  };
