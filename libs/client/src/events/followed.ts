import { anySignal } from '../transport/any-signal.ts';

/** What is followed, to be iterated over once. Leaving the loop closes the connection. */
export interface Followed<T> extends AsyncIterableIterator<T> {
  /**
   * Connects now, and not when it is first read. Resolves when the connection stands: what happens from then on is in it.
   * @throws NightshiftError when the gateway refuses
   */
  opened(): Promise<this>;
}

/** @param begin makes the iteration, which ends when its signal says so, and tells each time that a connection stands */
export const followed = <T>(
  begin: (signal: AbortSignal, onOpen: () => void) => AsyncGenerator<T, void>,
  signal: AbortSignal | undefined,
): Followed<T> => {
  const own = new AbortController();
  const open = Promise.withResolvers<void>();
  open.promise.catch(() => {});
  const source = begin(anySignal(signal, own.signal)!, () => open.resolve());
  let first: Promise<IteratorResult<T, void>> | undefined;

  const iterator: Followed<T> = {
    opened: async () => {
      if (first === undefined) {
        first = source.next();
        // An iteration that ends before it has begun was refused, or aborted.
        first.then(() => open.resolve(), open.reject);
      }
      await open.promise;
      return iterator;
    },
    next: async () => {
      const next = first ?? source.next();
      first = undefined;
      return next;
    },
    return: async () => {
      // Somebody may be waiting for an event that never comes.
      own.abort();
      await source.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
};
