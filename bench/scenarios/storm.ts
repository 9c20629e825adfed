import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';
import { summarize, type Latencies } from './latencies.ts';

export interface StormFigures {
  /** Changes of one type, all committed at once, each of which starts a run. */
  changes: number;
  /** From their commit until the runs of all had been requested. */
  requestedSeconds: number;
  /** From their commit until the runs of all had ended. */
  drainSeconds: number;
  /** Changes of another type, committed meanwhile: from the commit to the start of the run. */
  others: Latencies;
}

const workflowOf = (type: string) => ({
  workflow: `on-${type}`,
  triggers: [{ change: type, kinds: ['created'] }],
  do: [{ nothing: { set: 1 } }],
});

const BETWEEN_OTHERS_MS = 100;

/** One statement changes much of one type; the changes of another one come all the time. */
export const measureStorm = async ({ api, database }: Platform, changes: number): Promise<StormFigures> => {
  for (const type of ['crate', 'gong']) {
    await api.send('PUT', `/v1/types/${type}`, { fields: { number: { kind: 'integer' } } });
    await api.publish(workflowOf(type));
  }
  const count = async (where: string): Promise<number> => {
    const { rows } = await database.query<{ count: number }>(
      `select count(*)::integer as count from nightshift.runs where workflow = 'on-crate' and ${where}`,
    );
    return rows[0]!.count;
  };
  await database.query('insert into public.crate (number) select generate_series(1, $1::integer)', [changes]);
  const committedAt = performance.now();
  const secondsUntil = async (where: string): Promise<number> => {
    await waitFor(async () => (await count(where)) >= changes, { timeoutMs: 600_000, intervalMs: 250 });
    return (performance.now() - committedAt) / 1_000;
  };

  let isDrained = false;
  const gongs: number[] = [];
  const ringing = (async () => {
    while (!isDrained) {
      await database.query('insert into public.gong (number) values ($1)', [gongs.length]);
      gongs.push(Date.now());
      await sleep(BETWEEN_OTHERS_MS);
    }
  })();
  const requestedSeconds = await secondsUntil('true');
  const drainSeconds = await secondsUntil('finished_at is not null');
  isDrained = true;
  await ringing;
  const startedAt = await waitFor(
    async () => {
      const { rows } = await database.query<{ number: number; started_at: Date }>(
        `select (e.data -> 'trigger' -> 'now' ->> 'number')::integer as number, r.started_at
         from nightshift.runs r join nightshift.run_events e on e.run_id = r.id and e.version = 1
         where r.workflow = 'on-gong' and r.started_at is not null`,
      );
      return rows.length >= gongs.length ? rows : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 250, describe: 'the runs of the others' },
  );
  const latencies = startedAt.map(({ number, started_at: at }) => at.getTime() - gongs[number]!);
  return { changes, requestedSeconds, drainSeconds, others: summarize(latencies) };
};
