import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { subjects, type RunFeedEvent } from '@nightshift/contracts';
import { newId, openLedger } from '@nightshift/ledger';
import { connectBus } from '@nightshift/messaging';
import type { FromReaders, ReaderKind, ReadersReport, ToReaders } from '../load/event-readers.ts';
import type { Platform } from '../platform/platform.ts';
import { watchCpu } from '../watch/cpu-use.ts';
import { readMemory } from '../watch/memory-use.ts';

export interface SubscriptionsFigures {
  subscriptions: number;
  /** How many follow what, and how many of all read nothing. */
  mix: string[];
  stalled: number;
  eventsPerSecond: number;
  /** To all subscriptions together. */
  deliveriesPerSecond: number;
  /** From the publication of an event to its arrival at a subscriber. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Expected by those who read, and not arrived. */
  missing: number;
  /** Of those who read nothing: cut off. Of the others there must be none. */
  closedStalled: number;
  closedOthers: number;
  /** Resident megabytes of the gateway: before the first subscription, with all of them and nothing to tell, and at most. */
  gatewayMb: { idle: number; open: number; most: number };
  /** Of one core. */
  gatewayPercent: number;
}

const eventsPerSecond = 500;
const runs = 6_000;
const workflows = 250;
const stalledShare = 0.05;
const processes = 2;
const publishEveryMs = 20;

const workflowOf = (run: number): string => `followed-${run % workflows}`;

/** Who follows what, and how many events of a sequence he gets. */
interface Kind {
  what: string;
  count: number;
  query: (index: number, runIds: readonly string[]) => string;
  gets: (index: number, run: number, isFailure: boolean) => boolean;
}

const kinds: readonly Kind[] = [
  {
    what: 'one run each',
    count: 6_900,
    query: (index, runIds) => `run=${runIds[index % runs]}`,
    gets: (index, run) => run === index % runs,
  },
  {
    what: 'one workflow each',
    count: 2_500,
    query: (index) => `workflow=${workflowOf(index)}`,
    gets: (index, run) => workflowOf(run) === workflowOf(index),
  },
  {
    what: 'failures of three workflows each, with a filter expression',
    count: 550,
    query: (index) =>
      `workflow=${[0, 1, 2].map((more) => workflowOf(index + more)).join()}&filter=${encodeURIComponent("event.type = 'StepFailed'")}`,
    gets: (index, run, isFailure) =>
      isFailure && [0, 1, 2].some((more) => workflowOf(index + more) === workflowOf(run)),
  },
  {
    what: 'every failure',
    count: 30,
    query: () => 'type=StepFailed,RunFailed',
    gets: (_index, _run, isFailure) => isFailure,
  },
  { what: 'everything', count: 20, query: () => '', gets: () => true },
];

/** One in twenty, so that each kind has its share. */
const isStalled = (index: number): boolean => index % (1 / stalledShare) === 0;

/**
 * Ten thousand server-sent streams at one gateway, while events are published to the feed as executors do. The runs are in the ledger, and due
 * tomorrow, so that nothing but their events happens.
 */
export const measureSubscriptions = async (platform: Platform, seconds: number): Promise<SubscriptionsFigures> => {
  const gatewayMb = (): number => readMemory(platform)['gateway'] ?? NaN;
  const idle = gatewayMb();
  for (let index = 0; index < workflows; index++)
    await platform.api.publish({ workflow: workflowOf(index), do: [{ draw: { set: '=$random()' } }] });
  const runIds = await requestRuns(platform);

  const readers = kinds.flatMap(({ count, query }) =>
    Array.from({ length: count }, (_, index): ReaderKind => ({
      query: query(index, runIds),
      isStalled: isStalled(index),
    })),
  );
  const children = await openReaders(platform, readers);
  const bus = await connectBus({ url: platform.cluster.natsUrl, name: 'bench' });
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, gatewayMb())), 500);
  try {
    await sleep(2_000);
    const open = gatewayMb();
    const publish = makePublisher(runIds, (event) =>
      bus.publish(subjects.runEvent(event.workflow, event.runId, event.type), JSON.stringify(event), {
        id: `${event.runId}:${event.version}`,
      }),
    );
    await publish(2);
    await settled(children);
    for (const child of children) send(child, 'begin');
    const endCpu = watchCpu(platform);
    const expected = await publish(seconds);
    const cpu = endCpu();
    const found = await settled(children);
    const { at, events, closedStalled, closedOthers } = merge(found);
    return {
      subscriptions: readers.length,
      mix: kinds.map(({ what, count }) => `${count} follow ${what}`),
      stalled: readers.filter((reader) => reader.isStalled).length,
      eventsPerSecond,
      deliveriesPerSecond: events / seconds,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      missing: expected - events,
      closedStalled,
      closedOthers,
      gatewayMb: { idle, open, most },
      gatewayPercent: ((cpu.byProcess['gateway'] ?? NaN) / cpu.seconds) * 100,
    };
  } finally {
    clearInterval(watching);
    for (const child of children) child.disconnect();
    await bus.close();
  }
};

const requestRuns = async ({ cluster }: Platform): Promise<string[]> => {
  const ledger = await openLedger({ url: cluster.databaseUrl, applicationName: 'bench' });
  const now = Date.now();
  const dueAt = new Date(now + 86_400_000).toISOString();
  try {
    const runIds = Array.from({ length: runs }, () => newId(now));
    const request = (runId: string, run: number): Promise<unknown> =>
      ledger.runs.request({
        runId,
        at: new Date(now).toISOString(),
        requested: {
          workflow: workflowOf(run),
          workflowVersion: 1,
          parameters: {},
          cause: { kind: 'schedule', dueAt },
          chainId: runId,
          iteration: 1,
          depth: 0,
          dueAt,
        },
      });
    await Promise.all(runIds.map(request));
    return runIds;
  } finally {
    await ledger.close();
  }
};

const send = (child: ChildProcess, message: ToReaders): void => void child.send(message);

const heard = async (child: ChildProcess): Promise<FromReaders> => {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the readers have died');
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromReaders];
  return message;
};

const openReaders = async ({ api, cluster }: Platform, readers: readonly ReaderKind[]): Promise<ChildProcess[]> => {
  const children = Array.from({ length: processes }, () =>
    fork(fileURLToPath(new URL('../load/event-readers.ts', import.meta.url)), { serialization: 'advanced' }),
  );
  const opened = children.map(async (child, index) => {
    const own = readers.filter((_, number) => number % processes === index);
    const answer = heard(child);
    send(child, { open: { url: api.url, key: cluster.adminKey, readers: own } });
    await answer;
  });
  await Promise.all(opened);
  return children;
};

/** What the readers have seen, when nothing more comes. */
const settled = async (children: readonly ChildProcess[]): Promise<ReadersReport[]> => {
  const ask = (): Promise<ReadersReport[]> =>
    Promise.all(
      children.map(async (child) => {
        const answer = heard(child);
        send(child, 'report');
        const message = await answer;
        if (!('report' in message)) throw new Error('not a report');
        return message.report;
      }),
    );
  const total = (reports: readonly ReadersReport[]): number => reports.reduce((sum, { events }) => sum + events, 0);
  let before = await ask();
  for (;;) {
    await sleep(1_000);
    const now = await ask();
    if (total(now) === total(before)) return now;
    before = now;
  }
};

/** Publishes at an even rate, a run after the other; every twentieth event is a failure. Returns how many deliveries that makes to those who read. */
const makePublisher = (runIds: readonly string[], put: (event: RunFeedEvent) => void) => {
  const versions = new Map<string, number>();
  const padding = 'x'.repeat(200);
  let next = 0;
  const deliveries = makeCount();
  return async (seconds: number): Promise<number> => {
    const startedAt = performance.now();
    const from = next;
    let expected = 0;
    while (next - from < seconds * eventsPerSecond) {
      const due = Math.min(seconds, (performance.now() - startedAt) / 1_000) * eventsPerSecond;
      for (; next - from < due; next++) {
        const run = (next * 7) % runs;
        const runId = runIds[run]!;
        const isFailure = next % 20 === 0;
        const version = (versions.get(runId) ?? 1) + 1;
        versions.set(runId, version);
        expected += deliveries(run, isFailure);
        put({
          runId,
          version,
          type: isFailure ? 'StepFailed' : 'StepCompleted',
          at: new Date().toISOString(),
          workflow: workflowOf(run),
          chainId: runId,
          data: { step: 's', attempt: 1, result: padding, sentAt: performance.timeOrigin + performance.now() },
        });
      }
      await sleep(publishEveryMs);
    }
    return expected;
  };
};

const makeCount = () => {
  const known = new Map<string, number>();
  return (run: number, isFailure: boolean): number => {
    const key = `${run} ${isFailure}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    let count = 0;
    for (const { count: all, gets } of kinds)
      for (let index = 0; index < all; index++) if (!isStalled(index) && gets(index, run, isFailure)) count++;
    known.set(key, count);
    return count;
  };
};

const merge = (reports: readonly ReadersReport[]) => {
  const tenths = new Map<number, number>();
  for (const { histogram } of reports)
    for (const [took, count] of histogram) tenths.set(took, (tenths.get(took) ?? 0) + count);
  const sorted = [...tenths].sort(([one], [other]) => one - other);
  const sum = (of: (report: ReadersReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const events = sum((report) => report.events);
  const at = (share: number): number => {
    let seen = 0;
    for (const [took, count] of sorted) {
      seen += count;
      if (seen >= events * share) return took / 10;
    }
    return NaN;
  };
  return { at, events, closedStalled: sum((one) => one.closedStalled), closedOthers: sum((one) => one.closedOthers) };
};
