import { setTimeout as delay } from 'node:timers/promises';

export interface WaitForOptions {
  /** How long to go on asking; 10 s unless told. */
  timeoutMs?: number;
  /** Pause between two questions; 20 ms unless told. */
  intervalMs?: number;
  /** Completes the sentence "timed out waiting for …". */
  describe?: string;
}

/**
 * Asks `condition` again and again until it answers something truthy, and returns that. A condition that throws
 * counts as "not yet". After `timeoutMs` it rejects, naming what was awaited and the last answer or error.
 */
export const waitFor = async <T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 20, describe = 'a condition' }: WaitForOptions = {},
): Promise<NonNullable<T>> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
      last = `last value: ${show(value)}`;
    } catch (error) {
      cause = error;
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() >= deadline) {
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${describe}; ${last}`, { cause });
    }
    await delay(intervalMs);
  }
};

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
