import { setTimeout as sleep } from 'node:timers/promises';

export interface ClosedLoopOptions {
  /** Callers at work at the same time; each waits for its answer before it calls again. */
  concurrency: number;
  /** Calls that end in this time are not counted: connections open, code is compiled, caches fill. */
  warmupMs: number;
  durationMs: number;
  /** One run of the work, from request to answer. Rejecting counts as an error and is not timed. */
  call: () => Promise<void>;
  /** Called when the measured time begins and when it ends, so that others can measure the same stretch. */
  onWindow?: (edge: 'opens' | 'closes') => void;
}

export interface ClosedLoopResult {
  /** Calls that succeeded within the measured time. */
  count: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Calls that failed, in the warm-up too, and calls still unanswered when the loop gave up on them. */
  errors: number;
  /** The message of the first failure, so that a report can say what went wrong. */
  firstError?: string;
}

/** Larger only delays a report about a dead engine; smaller turns slow last answers into errors. */
const drainMs = 10_000;

/** Smaller lets callers of a dead engine take the processor from it; larger hides a short outage. */
const pauseAfterErrorMs = 10;

/**
 * Keeps `concurrency` callers busy and reports what they saw.
 *
 * The loop is closed: a slow engine is asked less often, so its latency is the latency at the rate it can bear. Rates and
 * latencies come from the calls that end between the warm-up and the end; those in flight at the end are awaited (10 s at
 * most) but not counted. Never rejects because of a failing call.
 */
export const runClosedLoop = async ({
  concurrency,
  warmupMs,
  durationMs,
  call,
  onWindow,
}: ClosedLoopOptions): Promise<ClosedLoopResult> => {
  const measureFrom = performance.now() + warmupMs;
  const measureUntil = measureFrom + durationMs;
  const latenciesMs: number[] = [];
  let errors = 0;
  let unanswered = 0;
  let firstError: string | undefined;

  const caller = async (): Promise<void> => {
    for (let startedAt = performance.now(); startedAt < measureUntil;) {
      let succeeded = true;
      unanswered += 1;
      try {
        await call();
      } catch (error) {
        succeeded = false;
        errors += 1;
        firstError ??= error instanceof Error ? error.message : String(error);
      }
      unanswered -= 1;
      const endedAt = performance.now();
      if (!succeeded) await sleep(pauseAfterErrorMs);
      else if (endedAt >= measureFrom && endedAt < measureUntil) latenciesMs.push(endedAt - startedAt);
      startedAt = succeeded ? endedAt : performance.now();
    }
  };

  const window = watchWindow(warmupMs, durationMs, onWindow);
  const giveUp = new AbortController();
  await Promise.race([
    Promise.all(Array.from({ length: concurrency }, caller)),
    sleep(warmupMs + durationMs + drainMs, undefined, { signal: giveUp.signal }).catch(() => undefined),
  ]);
  giveUp.abort();
  await window;

  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    count: sorted.length,
    perSecond: (sorted.length * 1_000) / durationMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    errors: errors + unanswered,
    ...(firstError === undefined && unanswered > 0 ? { firstError: 'no answer' } : {}),
    ...(firstError === undefined ? {} : { firstError }),
  };
};

const watchWindow = async (
  warmupMs: number,
  durationMs: number,
  onWindow: ClosedLoopOptions['onWindow'],
): Promise<void> => {
  if (!onWindow) return;
  await sleep(warmupMs);
  onWindow('opens');
  await sleep(durationMs);
  onWindow('closes');
};

/** Nearest rank: a latency that some call really had. NaN when there is none. */
export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
