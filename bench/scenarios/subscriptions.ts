import { setTimeout as sleep } from 'node:timers/promises';
import { subjects } from '@nightshift/contracts';
import { newId, openLedger } from '@nightshift/ledger';
import { connectBus } from '@nightshift/messaging';
import type { ReaderKind } from '../load/event-readers.ts';
import { merge, openReaders, send, settled } from '../load/reader-processes.ts';
import type { Platform } from '../platform/platform.ts';
import { watchCpu } from '../watch/cpu-use.ts';
import { readMemory } from '../watch/memory-use.ts';
import { eventsPerSecond, isStalled, kinds, makePublisher, runs, workflowOf, workflows } from './subscription-mix.ts';

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
  const children = await openReaders({ url: platform.api.url, key: platform.cluster.adminKey }, readers);
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
