interface Holder {
  runId: string;
  /** When its hold would end, if it were not renewed: a run of the testbed renews it for as long as it goes on. */
  leaseMs: number;
}

/** Named locks, each held by one run; the others get it in the order in which they asked. */
export interface Locks {
  /** Whether the run has the lock now; otherwise it stands in the queue. */
  acquire(name: string, runId: string, leaseMs: number): boolean;
  /** Gives up what a run holds or waits for. @returns the run whose turn it is now */
  release(name: string, runId: string): string | undefined;
}

export const makeLocks = (): Locks => {
  const queues = new Map<string, Holder[]>();
  return {
    acquire: (name, runId, leaseMs) => {
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      if (!queue.some((one) => one.runId === runId)) queue.push({ runId, leaseMs });
      return queue[0]!.runId === runId;
    },
    release: (name, runId) => {
      const queue = queues.get(name) ?? [];
      const wasHolder = queue[0]?.runId === runId;
      const place = queue.findIndex((one) => one.runId === runId);
      if (place >= 0) queue.splice(place, 1);
      return wasHolder ? queue[0]?.runId : undefined;
    },
  };
};
