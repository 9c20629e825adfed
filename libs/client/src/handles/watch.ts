import type { Progress } from '@nightshift/contracts';
import { NightshiftUnavailable } from '../nightshift-error.ts';
import type { makeProgress } from '../parts/progress.ts';
import { anySignal } from '../transport/any-signal.ts';
import type { CallOptions } from '../transport/http.ts';

export type ProgressPart = ReturnType<typeof makeProgress>;

/** How long to wait. */
export type WaitOptions = Pick<CallOptions, 'signal' | 'timeoutMs'>;

/** The progress as it is, then each time that it has changed, until the end. */
export async function* watch(
  progress: ProgressPart,
  id: string,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<Progress> {
  for await (const { progress: document } of progress.follow(id, options)) yield document;
}

/**
 * Waits for the end, over as many connections as that takes: nothing is asked for while nothing happens.
 * @returns the last document; undefined if there was none
 * @throws NightshiftUnavailable `client.timeout`; the reason of `signal`; NightshiftError if there is nothing with this id
 */
export const untilEnd = async (
  progress: ProgressPart,
  id: string,
  { signal, timeoutMs }: WaitOptions = {},
): Promise<Progress | undefined> => {
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const either = anySignal(signal, deadline);
  let last: Progress | undefined;
  for await (const document of watch(progress, id, { ...(either && { signal: either }) })) last = document;
  signal?.throwIfAborted();
  if (deadline?.aborted && last?.percent !== 100) {
    const detail = `${id} has not ended within ${timeoutMs} ms; it goes on`;
    throw new NightshiftUnavailable('client.timeout', 'There was no end in time', detail);
  }
  return last;
};
