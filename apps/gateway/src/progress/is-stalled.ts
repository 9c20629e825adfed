import type { Kin, Ledger } from '@nightshift/ledger';

export interface IsStalledDeps {
  ledger: Pick<Ledger, 'progress'>;
  nowMs: () => number;
  /** What is quiet for shorter is never stalled. */
  floorMs: number;
}

export interface Quiet {
  /** When something moved last. */
  sinceMs: number;
  /** What its usual time is told from. */
  kin: Kin;
  /** Whether it is one that should move: not held, scheduled or waiting. Asked only of what is quiet. */
  isAtWork: () => boolean | Promise<boolean>;
}

/** How many times as long as usual something may take. */
const USUAL_TIMES = 3;

/**
 * Whether what is at work has not moved for far longer than usual: three times what 95 % of the newest runs of its kind took, and never for
 * shorter than the floor. It costs no read before that, and then two that go by an index to the newest two thousand runs.
 */
export const makeIsStalled =
  ({ ledger, nowMs, floorMs }: IsStalledDeps) =>
  async ({ sinceMs, kin, isAtWork }: Quiet): Promise<boolean> => {
    const quietMs = nowMs() - sinceMs;
    if (quietMs <= floorMs || !(await isAtWork())) return false;
    return quietMs > USUAL_TIMES * ((await ledger.progress.usualMs(kin)) ?? 0);
  };

export type IsStalled = ReturnType<typeof makeIsStalled>;
