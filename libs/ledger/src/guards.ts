import type { Database } from './database.ts';

/** What the guards of workflows count. */
export interface Guards {
  /** Counts one start of the workflow. @returns how many there were in the minute of `now`, with this one */
  countStart(workflow: string, now: Date): Promise<number>;
  /** Forgets the counts of minutes before. @returns how many */
  forgetStarts(before: Date): Promise<number>;
}

export const makeGuards = (database: Database): Guards => ({
  // Locks the row of the workflow's minute.
  countStart: async (workflow, now) => {
    const [row] = await database.query<{ starts: number }>(
      'count-start',
      `INSERT INTO nightshift.workflow_starts AS s (workflow, minute, starts) VALUES ($1, date_trunc('minute', $2::timestamptz), 1)
       ON CONFLICT (workflow, minute) DO UPDATE SET starts = s.starts + 1 RETURNING starts`,
      [workflow, now],
    );
    return row!.starts;
  },

  // The table holds a row for each minute of an hour or so: it is read whole.
  forgetStarts: async (before) => {
    const [row] = await database.query<{ removed: number }>(
      'forget-starts',
      `WITH removed AS (DELETE FROM nightshift.workflow_starts WHERE minute < $1 RETURNING minute)
       SELECT count(*)::int AS removed FROM removed`,
      [before],
    );
    return row!.removed;
  },
});
