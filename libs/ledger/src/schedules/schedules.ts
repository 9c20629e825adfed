import type { Schedule } from '@nightshift/contracts';
import type { RequestedRun } from '../append.ts';
import type { Database } from '../database.ts';
import { putSchedule, type PutSchedule } from './put-schedule.ts';
import { SCHEDULE_VIEW, toSchedule, type ScheduleRow } from './schedule-view.ts';
import { countSchedules, searchSchedules, type ScheduleFilter, type SchedulePlace } from './search-schedules.ts';

/** Runs that have a due time or a key, for whoever looks for them. */
export interface Schedules {
  /**
   * Admits a run that has a key, or changes the one of its workflow that waits under this key to be like it; a paused one stays so. Of many
   * at once one is admitted. The caller dispatches what is ready, and tells the schedulers.
   * @param options.isOnce whether this request, which is known by the run's id, may come again at any time, and is done then
   * @throws Failure `ledger.unavailable`
   */
  put(run: RequestedRun, options?: { isOnce?: boolean }): Promise<PutSchedule>;
  /** Forgets requests that were to be done once, and came before. */
  forgetRequests(before: Date): Promise<void>;
  find(runId: string): Promise<Schedule | undefined>;
  /** In order of due time, `limit` at most, and after a place. What comes in meanwhile moves nothing that was found before. */
  search(filter: ScheduleFilter, limit: number, after?: SchedulePlace): Promise<Schedule[]>;
  /** How many there are; more than `COUNTED_MAX` if there are more than that. */
  count(filter: ScheduleFilter): Promise<number>;
  /** Forgets schedules whose runs ended before; the runs stay. @returns how many, `limit` at most */
  forget(before: Date, limit: number): Promise<number>;
}

export const makeSchedules = (database: Database): Schedules => ({
  put: (run, { isOnce = false } = {}) => putSchedule(database, run, isOnce),

  // Index: replacing_starts_by_time.
  forgetRequests: async (before) => {
    await database.query('forget-replacing-starts', 'DELETE FROM nightshift.replacing_starts WHERE at < $1', [before]);
  },

  // Indexes: primary keys.
  find: async (runId) => {
    const [row] = await database.query<ScheduleRow & object>(
      'find-schedule',
      `SELECT ${SCHEDULE_VIEW} FROM nightshift.schedules s JOIN nightshift.runs r ON r.id = s.run_id WHERE s.run_id = $1`,
      [runId],
    );
    return row && toSchedule(row);
  },

  search: (filter, limit, after) => searchSchedules(database, filter, limit, after),
  count: (filter) => countSchedules(database, filter),

  // Locks the rows that it deletes. Index: schedules_ended.
  forget: async (before, limit) => {
    const [row] = await database.query<{ removed: number }>(
      'forget-schedules',
      `WITH removed AS (
         DELETE FROM nightshift.schedules WHERE run_id = ANY(ARRAY(
           SELECT run_id FROM nightshift.schedules WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING 1)
       SELECT count(*)::int AS removed FROM removed`,
      [before, limit],
    );
    return row!.removed;
  },
});
