import type { RunFeedEvent } from '@nightshift/contracts';
import { setTimeout as sleep } from 'node:timers/promises';

export const eventsPerSecond = 500;
export const runs = 6_000;
export const workflows = 250;
const stalledShare = 0.05;
const publishEveryMs = 20;

export const workflowOf = (run: number): string => `followed-${run % workflows}`;

/** Who follows what, and how many events of a sequence he gets. */
export interface Kind {
  what: string;
  count: number;
  query: (index: number, runIds: readonly string[]) => string;
  gets: (index: number, run: number, isFailure: boolean) => boolean;
}

export const kinds: readonly Kind[] = [
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
export const isStalled = (index: number): boolean => index % (1 / stalledShare) === 0;

/** Publishes at an even rate, a run after the other; every twentieth event is a failure. Returns how many deliveries that makes to those who read. */
export const makePublisher = (runIds: readonly string[], put: (event: RunFeedEvent) => void) => {
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
