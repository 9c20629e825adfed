import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import type { Platform } from '../platform/platform.ts';
import { summarize, type Latencies } from './latencies.ts';

export interface ChangeFigures {
  /** UPDATE statements per second, each a transaction of its own. */
  perSecond: number;
  /** From the client's clock when COMMIT has returned to the start of the run that the change triggers. */
  commitToStart: Latencies;
}

export interface ChangeOptions {
  perSecond: number;
  seconds: number;
  warmupSeconds: number;
}

const document = {
  workflow: 'parcel-moved',
  triggers: [{ change: 'parcel', kinds: ['changed'], when: 'now.movement > before.movement' }],
  do: [{ movement: { set: '=trigger.now.movement' } }],
  return: '=movement',
};

const parcels = 100;

/** Plain SQL from an ordinary connection, at a steady rate; every change meets the trigger's condition and starts one run. */
export const measureChange = async (
  { api, cluster, database }: Platform,
  { perSecond, seconds, warmupSeconds }: ChangeOptions,
): Promise<ChangeFigures> => {
  await api.send('PUT', '/v1/types/parcel', { fields: { movement: { kind: 'integer' }, place: { kind: 'text' } } });
  await api.publish(document);
  const { rows } = await database.query<{ id: string }>(
    'insert into public.parcel (movement) select 0 from generate_series(1, $1::integer) returning id',
    [parcels],
  );
  const ids = rows.map(({ id }) => id);
  const committedAt = await update(cluster.databaseUrl, ids, perSecond, perSecond * (seconds + warmupSeconds));
  const startedAt = await waitFor(
    async () => {
      const started = await readStarts(database);
      return started.size >= committedAt.length ? started : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500, describe: `${committedAt.length} triggered runs to start` },
  );
  const measured = committedAt.slice(perSecond * warmupSeconds);
  return {
    perSecond,
    commitToStart: summarize(measured.map((at, index) => startedAt.get(index + perSecond * warmupSeconds + 1)! - at)),
  };
};

/** @returns when each UPDATE had been committed, by our clock; movement n is at n - 1 */
const update = async (url: string, ids: readonly string[], perSecond: number, count: number): Promise<number[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const committedAt: number[] = [];
    const beganAt = performance.now();
    for (let movement = 1; movement <= count; movement += 1) {
      const aheadMs = beganAt + (movement * 1_000) / perSecond - performance.now();
      if (aheadMs > 0) await sleep(aheadMs);
      await client.query('update public.parcel set movement = $1 where id = $2', [
        movement,
        ids[movement % ids.length],
      ]);
      committedAt.push(Date.now());
    }
    return committedAt;
  } finally {
    await client.end();
  }
};

/** When the run of each movement started. @throws when a change started two */
const readStarts = async (ledger: pg.Client): Promise<Map<number, number>> => {
  const { rows } = await ledger.query<{ movement: number; at: Date }>(
    `select (requested.data -> 'trigger' -> 'now' ->> 'movement')::integer as movement, started.at
     from nightshift.runs r
     join nightshift.run_events requested on requested.run_id = r.id and requested.version = 1
     join nightshift.run_events started on started.run_id = r.id and started.type = 'RunStarted'
     where r.workflow = $1`,
    [document.workflow],
  );
  const starts = new Map(rows.map(({ movement, at }) => [movement, at.getTime()]));
  if (starts.size < rows.length) throw new Error(`${rows.length} runs started for ${starts.size} changes`);
  return starts;
};
