import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';
import { summarize, type Latencies } from './latencies.ts';

export interface PaceFigures {
  /** How far starts of a list with an interval of a second are from a second apart, though each item takes longer than that. */
  offInterval: Latencies;
  /** Of another workflow's schedules meanwhile. */
  othersLate: Latencies;
  /** The limit of a workflow's starts in any second. */
  rate: number;
  /** The most starts in any second, of runs that were all requested at once. */
  mostInASecond: number;
  startsPerSecond: number;
}

const items = 30;
const intervalMs = 1_000;
const rate = 50;
const requested = 1_000;
const othersEveryMs = 250;

const paced = { workflow: 'paced', do: [{ work: { wait: { milliseconds: 1_500 } } }] };
const other = { workflow: 'steady', do: [{ draw: { set: '=$random()' } }] };
const limited = {
  workflow: 'limited',
  flow: { rate: { limit: rate, per: { seconds: 1 } } },
  do: [{ draw: { set: '=$random()' } }],
};

/** How exactly an interval and a rate are kept. */
export const measurePace = async (platform: Platform): Promise<PaceFigures> => {
  const { api } = platform;
  for (const document of [paced, other, limited]) await api.publish(document);

  await api.send('POST', `/v1/workflows/${paced.workflow}/lists`, {
    items: Array.from({ length: items }, (_, number) => ({ number })),
    interval: { milliseconds: intervalMs },
  });
  const others = Math.floor((items * intervalMs) / othersEveryMs);
  for (let count = 0; count < others; count++) {
    const at = new Date(Date.now() + 1_000).toISOString();
    await api.send('POST', `/v1/workflows/${other.workflow}/schedules`, { at, parameters: {} });
    await sleep(othersEveryMs);
  }
  const starts = await startsOf(platform, paced.workflow, items);
  const late = await startsOf(platform, other.workflow, others);

  const body = Array.from({ length: requested }, (_, number) => JSON.stringify({ number })).join('\n');
  await api.send('POST', `/v1/workflows/${limited.workflow}/lists`, body, 'application/x-ndjson');
  const limitedStarts = (await startsOf(platform, limited.workflow, requested)).map(({ startedMs }) => startedMs);

  return {
    offInterval: summarize(gaps(starts.map(({ startedMs }) => startedMs)).map((gap) => Math.abs(gap - intervalMs))),
    othersLate: summarize(late.map(({ startedMs, dueMs }) => startedMs - dueMs!)),
    rate,
    mostInASecond: Math.max(...limitedStarts.map((from, index) => startsWithin(limitedStarts, index, from + 1_000))),
    startsPerSecond: (requested - rate) / ((limitedStarts.at(-1)! - limitedStarts[0]!) / 1_000),
  };
};

const gaps = (moments: readonly number[]): number[] =>
  moments.slice(1).map((moment, index) => moment - moments[index]!);

/** From the one at `first` on, before `untilMs`. */
const startsWithin = (startsMs: readonly number[], first: number, untilMs: number): number => {
  let last = first;
  while (last < startsMs.length && startsMs[last]! < untilMs) last++;
  return last - first;
};

interface Started {
  startedMs: number;
  dueMs: number | null;
}

/** In their order, once there are so many. */
const startsOf = ({ database }: Platform, workflow: string, count: number): Promise<Started[]> =>
  waitFor(
    async () => {
      const { rows } = await database.query<{ started_ms: number; due_ms: number | null }>(
        `select extract(epoch from started_at)::float8 * 1000 as started_ms, extract(epoch from due_at)::float8 * 1000 as due_ms
         from nightshift.runs where workflow = $1 and started_at is not null order by started_at`,
        [workflow],
      );
      return rows.length >= count ? rows.map((row) => ({ startedMs: row.started_ms, dueMs: row.due_ms })) : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 500, describe: `${count} runs of ${workflow} to start` },
  );
