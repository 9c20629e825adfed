/** What waits in memory for one client that reads slowly. */
export interface Backlog {
  /** Says how much it is now. May cut this client, or others. */
  set(bytes: number): void;
  /** The client has gone. */
  release(): void;
}

/** What may wait for all slow readers of this process together. Whoever is furthest behind is cut off first. */
export interface BacklogBudget {
  readonly bytes: number;
  /** @param cut disconnects the client, who goes on from its place */
  open(cut: () => void): Backlog;
}

export const makeBacklogBudget = (maxBytes: number): BacklogBudget => {
  const behind = new Map<() => void, number>();
  let total = 0;

  const put = (cut: () => void, bytes: number): void => {
    total += bytes - (behind.get(cut) ?? 0);
    if (bytes === 0) behind.delete(cut);
    else behind.set(cut, bytes);
  };

  const cutLargest = (): void => {
    let largest: [() => void, number] | undefined;
    for (const one of behind) if (largest === undefined || one[1] > largest[1]) largest = one;
    if (largest === undefined) return;
    put(largest[0], 0);
    largest[0]();
  };

  return {
    get bytes() {
      return total;
    },
    open: (cut) => ({
      set: (bytes) => {
        put(cut, bytes);
        while (total > maxBytes && behind.size > 0) cutLargest();
      },
      release: () => put(cut, 0),
    }),
  };
};
