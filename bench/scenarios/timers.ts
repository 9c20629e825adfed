import { setTimeout as sleep } from 'node:timers/promises';
import type { Schedule } from '@nightshift/contracts';
import { newId, openLedger } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';
import { watchCpu } from '../watch/cpu-use.ts';
import { summarize, type Latencies } from './latencies.ts';

export interface TimersFigures {
  /** Schedules far in the future that lie there meanwhile. */
  pending: number;
  due: number;
  spreadSeconds: number;
  /** From the moment that was asked for to the start of the run. */
  lateness: Latencies;
  /** Of the scheduler, in percent of one core: with all that is pending and nothing due, and while the due ones fire. */
  schedulerIdlePercent: number;
  schedulerBusyPercent: number;
}

export interface TimersOptions {
  pending: number;
  due: number;
  spreadSeconds: number;
}

const document = { workflow: 'at-its-time', do: [{ draw: { set: '=$random()' } }], return: '=draw' };
const path = `/v1/workflows/${document.workflow}/schedules`;

const idleMs = 5_000;
/** Between the last request and the first due moment: longer than the scheduler's look ahead, so that none comes by signal. */
const leadMs = 3_000;
const requestAtOnce = 20;

/** How late schedules start that are due within the same few seconds, among many that are not. */
export const measureTimers = async (
  platform: Platform,
  { pending, due, spreadSeconds }: TimersOptions,
): Promise<TimersFigures> => {
  await platform.api.publish(document);
  await addPending(platform, pending);

  await sleep(leadMs);
  const schedulerPercent = watchScheduler(platform);
  await sleep(idleMs);
  const schedulerIdlePercent = schedulerPercent();

  // A request takes a millisecond or so: what is asked for is that all are there before the first is due.
  const firstDueAt = Date.now() + leadMs + due * 5;
  const dueTimes = Array.from({ length: due }, (_, index) => firstDueAt + (index * spreadSeconds * 1_000) / due);
  const runIds = await schedule(platform, dueTimes);
  if (Date.now() > firstDueAt - leadMs / 2)
    throw new Error('scheduling took too long to be ready before the first is due');
  await sleep(firstDueAt - Date.now());
  const busyPercent = watchScheduler(platform);
  await sleep(spreadSeconds * 1_000);
  const schedulerBusyPercent = busyPercent();
  const lateness = summarize(await latenessOf(platform, runIds));
  return { pending, due, spreadSeconds, lateness, schedulerIdlePercent, schedulerBusyPercent };
};

/**
 * Through the ledger's own append, as the gateway requests a scheduled run, but many to a transaction; through the REST API it
 * would be the same rows and take minutes.
 */
const addPending = async ({ cluster }: Platform, count: number): Promise<void> => {
  const ledger = await openLedger({ url: cluster.databaseUrl, applicationName: 'bench' });
  try {
    const now = Date.now();
    const at = new Date(now).toISOString();
    const request = (index: number): Promise<unknown> => {
      const runId = newId(now);
      const dueAt = new Date(now + farAwayMs + index * 1_000).toISOString();
      return ledger.runs.request({
        runId,
        at,
        requested: {
          workflow: document.workflow,
          workflowVersion: 1,
          parameters: {},
          cause: { kind: 'schedule', dueAt },
          chainId: runId,
          iteration: 1,
          depth: 0,
          dueAt,
        },
      });
    };
    for (let first = 0; first < count; first += appendAtOnce) {
      const indexes = Array.from({ length: Math.min(appendAtOnce, count - first) }, (_, offset) => first + offset);
      await Promise.all(indexes.map(request));
    }
  } finally {
    await ledger.close();
  }
};

const farAwayMs = 24 * 60 * 60 * 1_000;
const appendAtOnce = 5_000;

/** Over REST, as a user would. */
const schedule = async ({ api }: Platform, dueTimes: readonly number[]): Promise<string[]> => {
  const runIds: string[] = [];
  for (let first = 0; first < dueTimes.length; first += requestAtOnce) {
    const some = dueTimes.slice(first, first + requestAtOnce).map((at) => ({ at: new Date(at).toISOString() }));
    const answers = await Promise.all(some.map((body) => api.send<Schedule>('POST', path, body)));
    runIds.push(...answers.map(({ runId }) => runId));
  }
  return runIds;
};

const latenessOf = async ({ database }: Platform, runIds: readonly string[]): Promise<number[]> => {
  const started = async (): Promise<number[]> => {
    const { rows } = await database.query<{ late_ms: number }>(
      `select extract(epoch from e.at - r.due_at)::float8 * 1000 as late_ms
       from nightshift.runs r join nightshift.run_events e on e.run_id = r.id and e.type = 'RunStarted'
       where r.id = any($1::uuid[])`,
      [runIds],
    );
    return rows.map((row) => row.late_ms);
  };
  return waitFor(
    async () => {
      const late = await started();
      return late.length >= runIds.length ? late : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 500, describe: `${runIds.length} scheduled runs to start` },
  );
};

/** The function that it returns tells the processor time of the scheduler since then, in percent of one core. */
const watchScheduler = (platform: Platform): (() => number) => {
  const endWatch = watchCpu(platform);
  return () => {
    const { byProcess, seconds } = endWatch();
    return (100 * (byProcess['scheduler'] ?? 0)) / seconds;
  };
};
