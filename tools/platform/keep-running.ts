import { setTimeout as delay } from 'node:timers/promises';

/** A process that can be started again. */
export interface Restartable {
  readonly exited: Promise<number | NodeJS.Signals>;
  restart(): Promise<void>;
}

export interface KeepRunningOptions {
  name: string;
  part: Restartable;
  say: (line: string) => void;
  /** Called after each restart: the process has another id. */
  onRestart: () => void;
  /** From then on an end is what we wanted. */
  stopping: AbortSignal;
  /** Waits, but not beyond the end of `stopping`; a test gives another. */
  pause?: (ms: number, stopping: AbortSignal) => Promise<void>;
}

const pauseOnTheClock = (ms: number, stopping: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal: stopping }).catch(() => undefined);

const shortestPauseMs = 500;
/** Longer would leave a developer waiting after the cause is gone; shorter would fill the logs. */
const longestPauseMs = 30_000;
/** A process that ran this long has recovered: the next pause is the shortest again. */
const steadyAfterMs = 60_000;

/**
 * Starts a process again whenever it ends by itself, with growing pauses while it keeps failing, until `stopping`.
 */
export const keepRunning = async (options: KeepRunningOptions): Promise<void> => {
  const { name, part, say, onRestart, stopping, pause = pauseOnTheClock } = options;
  let pauseMs = shortestPauseMs;
  let startedAt = Date.now();
  while (!stopping.aborted) {
    let reason = await part.exited.then((status) => `ended (${status})`);
    if (Date.now() - startedAt > steadyAfterMs) pauseMs = shortestPauseMs;
    for (let isRunning = false; !isRunning && !stopping.aborted;) {
      say(`! ${name} ${reason}; starting it again in ${pauseMs / 1000} s`);
      await pause(pauseMs, stopping);
      if (stopping.aborted) return;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      startedAt = Date.now();
      try {
        await part.restart();
        isRunning = true;
      } catch (error) {
        reason = `did not start: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    if (stopping.aborted) return;
    onRestart();
    say(`✓ ${name} runs again`);
  }
};
