import type { RecurrenceBody } from '@nightshift/contracts';
import type { RequestedRun } from './append.ts';
import type { Database } from './database.ts';
import { RecurrenceEntity, type RecurrenceRow } from './entities/recurrence.entity.ts';
import { insertRunsStatement } from './sql/insert-runs.ts';

export interface Recurrences {
  /** Sets or replaces a recurrence; it is next due at `nextAt`. */
  put(workflow: string, key: string, spec: RecurrenceBody, nextAt: Date): Promise<void>;
  /** @returns whether there was one */
  remove(workflow: string, key: string): Promise<boolean>;
  find(workflow: string, key: string): Promise<RecurrenceRow | undefined>;
  /** Recurrences due before `until`, soonest first. Takes nothing. */
  upcoming(until: Date, limit: number): Promise<RecurrenceRow[]>;
  /**
   * Starts the planned occurrence and plans the next (undefined: there is none, and the recurrence ends). One
   * commit, and only if nobody else moved it meanwhile.
   */
  fire(
    planned: Pick<RecurrenceRow, 'workflow' | 'key' | 'nextAt'>,
    run: RequestedRun | undefined,
    nextAt: Date | undefined,
  ): Promise<boolean>;
}

export const makeRecurrences = (database: Database): Recurrences => ({
  put: async (workflow, key, spec, nextAt) => {
    await database.query(
      'put-recurrence',
      `INSERT INTO nightshift.recurrences (workflow, key, spec, next_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (workflow, key) DO UPDATE SET spec = excluded.spec, next_at = excluded.next_at, updated_at = now()`,
      [workflow, key, JSON.stringify(spec), nextAt],
    );
  },

  remove: async (workflow, key) => {
    const rows = await database.query(
      'remove-recurrence',
      'DELETE FROM nightshift.recurrences WHERE workflow = $1 AND key = $2 RETURNING key',
      [workflow, key],
    );
    return rows.length > 0;
  },

  find: (workflow, key) =>
    database.read(
      async (source) => (await source.getRepository(RecurrenceEntity).findOneBy({ workflow, key })) ?? undefined,
    ),

  // Index: recurrences_by_time.
  upcoming: (until, limit) =>
    database.read((source) =>
      source
        .getRepository(RecurrenceEntity)
        .createQueryBuilder('recurrence')
        .where('recurrence.nextAt < :until', { until })
        .orderBy('recurrence.nextAt')
        .limit(limit)
        .getMany(),
    ),

  // Locks the recurrence's row. Another scheduler with the same plan finds the row moved and does nothing.
  fire: ({ workflow, key, nextAt: plannedAt }, run, nextAt) =>
    database.transaction(async (client) => {
      const { rowCount } = nextAt
        ? await client.query(
            'UPDATE nightshift.recurrences SET next_at = $4 WHERE workflow = $1 AND key = $2 AND next_at = $3',
            [workflow, key, plannedAt, nextAt],
          )
        : await client.query('DELETE FROM nightshift.recurrences WHERE workflow = $1 AND key = $2 AND next_at = $3', [
            workflow,
            key,
            plannedAt,
          ]);
      if (rowCount !== 1) return false;
      if (run) await client.query(insertRunsStatement([run]));
      return true;
    }),
});
