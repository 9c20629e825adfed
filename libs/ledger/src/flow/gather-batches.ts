import type { RunRequested } from '@nightshift/contracts';
import { insertRuns } from '../sql/insert-runs.ts';
import { isWaiting, type Turn } from './turn.ts';

/** Batches that one turn gathers. */
const BATCHES_AT_ONCE = 50;

interface Gathering {
  key: string;
  waiting: number;
  first: Date;
}

/**
 * Gathers the waiting runs of a key into one, when there are enough of them or the first has waited for long enough. They wait for its end.
 * Index: flow_runs_waiting.
 * @returns when the next batch of each key is to be gathered
 */
export const gatherBatches = async (
  turn: Turn,
  { size, withinMs }: { size: number; withinMs: number },
  keys: readonly string[],
): Promise<Map<string, Date>> => {
  const { client, workflow, now } = turn;
  const { rows } = await client.query<Gathering>({
    name: 'gathering',
    text: `SELECT wanted.key, g.waiting, g.first FROM unnest($2::text[]) AS wanted (key)
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS waiting, min(queued_at) AS first FROM (
          SELECT q.queued_at FROM nightshift.flow_runs q JOIN nightshift.runs r ON r.id = q.run_id
          WHERE q.workflow = $1 AND q.key = wanted.key AND ${isWaiting('q')} AND NOT q.is_batch AND r.status <> 'paused'
          ORDER BY q.position, q.run_id LIMIT $3) AS members) g
      WHERE g.waiting > 0`,
    // One more than a batch: whether there is a next one.
    values: [workflow, keys, size + 1],
  });
  const nextAt = new Map<string, Date>();
  let gathered = 0;
  for (const { key, waiting, first } of rows) {
    const fullAt = new Date(first.getTime() + withinMs);
    const isReady = waiting >= size || fullAt <= now;
    if (isReady && gathered < BATCHES_AT_ONCE) {
      await gather(turn, key, size);
      gathered++;
      if (waiting > size) nextAt.set(key, now);
    } else nextAt.set(key, isReady ? now : fullAt);
  }
  return nextAt;
};

const gather = async ({ client, workflow, rules, now }: Turn, key: string, size: number): Promise<void> => {
  const { rows } = await client.query<{ run_id: string; requested: RunRequested }>({
    name: 'batch-members',
    text: `SELECT q.run_id, e.data AS requested FROM nightshift.flow_runs q
        JOIN nightshift.runs r ON r.id = q.run_id JOIN nightshift.run_events e ON e.run_id = q.run_id AND e.version = 1
      WHERE q.workflow = $1 AND q.key = $2 AND ${isWaiting('q')} AND NOT q.is_batch AND r.status <> 'paused'
      ORDER BY q.position, q.run_id LIMIT $3`,
    values: [workflow, key, size],
  });
  const first = rows[0]!;
  const run = rules.gather(
    { runId: first.run_id, requested: first.requested },
    rows.map(({ requested }) => requested.parameters),
    now,
  );
  await insertRuns(client, [run]);
  await client.query({
    name: 'mark-batch',
    text: `INSERT INTO nightshift.flow_runs (run_id, workflow, key, is_batch) VALUES ($1, $2, $3, true)
      ON CONFLICT (run_id) DO UPDATE SET key = excluded.key, is_batch = true`,
    values: [run.runId, workflow, key],
  });
  await client.query({
    name: 'join-batch',
    text: 'UPDATE nightshift.flow_runs SET batch_id = $1 WHERE run_id = ANY($2::uuid[])',
    values: [run.runId, rows.map((row) => row.run_id)],
  });
};
