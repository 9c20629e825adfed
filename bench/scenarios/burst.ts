import { setTimeout as sleep } from 'node:timers/promises';
import { newId, openLedger } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';
import { summarize, type Latencies } from './latencies.ts';

export interface BurstFigures {
  /** Schedules of one workflow that are due in the same second. */
  due: number;
  /** From that second to the start of the last of them. */
  drainSeconds: number;
  /** Of schedules of another workflow that are due one after the other meanwhile. */
  others: Latencies;
}

const flood = { workflow: 'flood', do: [{ draw: { set: '=$random()' } }] };
const other = { workflow: 'steady', do: [{ draw: { set: '=$random()' } }] };

const appendAtOnce = 5_000;
const othersCount = 100;
const othersEveryMs = 100;

/** How a burst drains, and how late others start meanwhile. */
export const measureBurst = async (platform: Platform, { due }: { due: number }): Promise<BurstFigures> => {
  await platform.api.publish(flood);
  await platform.api.publish(other);
  // Longer than it takes to write them.
  const dueAtMs = Date.now() + 10_000 + due / 2;
  await schedule(
    platform,
    flood.workflow,
    Array.from({ length: due }, () => dueAtMs),
  );
  const otherTimes = Array.from({ length: othersCount }, (_, index) => dueAtMs + index * othersEveryMs);
  await schedule(platform, other.workflow, otherTimes);
  if (Date.now() > dueAtMs - 3_000) throw new Error('scheduling took too long to be ready before the burst');
  await sleep(dueAtMs - Date.now());
  const late = await latenessOf(platform, other.workflow, othersCount);
  const floodLate = await latenessOf(platform, flood.workflow, due);
  return { due, drainSeconds: Math.max(...floodLate) / 1000, others: summarize(late) };
};

/** Through the ledger's own append, as the gateway requests a scheduled run, but many to a transaction. */
const schedule = async ({ cluster }: Platform, workflow: string, dueTimesMs: readonly number[]): Promise<void> => {
  const ledger = await openLedger({ url: cluster.databaseUrl, applicationName: 'bench' });
  try {
    const request = (dueMs: number): Promise<unknown> => {
      const now = Date.now();
      const runId = newId(now);
      const dueAt = new Date(dueMs).toISOString();
      const cause = { kind: 'schedule' as const, dueAt };
      const chain = { chainId: runId, iteration: 1, depth: 0 };
      const requested = { workflow, workflowVersion: 1, parameters: {}, cause, ...chain, dueAt };
      return ledger.runs.request({ runId, at: new Date(now).toISOString(), requested });
    };
    for (let first = 0; first < dueTimesMs.length; first += appendAtOnce)
      await Promise.all(dueTimesMs.slice(first, first + appendAtOnce).map(request));
  } finally {
    await ledger.close();
  }
};

const latenessOf = ({ database }: Platform, workflow: string, count: number): Promise<number[]> =>
  waitFor(
    async () => {
      const { rows } = await database.query<{ late_ms: number }>(
        `select extract(epoch from started_at - due_at)::float8 * 1000 as late_ms
         from nightshift.runs where workflow = $1 and started_at is not null`,
        [workflow],
      );
      return rows.length >= count ? rows.map((row) => row.late_ms) : undefined;
    },
    { timeoutMs: 180_000, intervalMs: 1_000, describe: `${count} runs of ${workflow} to start` },
  );
