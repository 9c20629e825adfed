import type { RunFeedEvent } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';

export interface StreamedEvent {
  id: string | undefined;
  event: RunFeedEvent & { masked?: true };
}

interface Gap {
  gap?: { after: string };
}

/** One server-sent stream, with all that came. */
export interface EventStream {
  readonly response: Response;
  readonly seen: StreamedEvent[];
  /** Places after which something is lost. */
  readonly gaps: string[];
  readonly hasEnded: boolean;
  /** Where to go on. */
  readonly lastEventId: string | undefined;
  drop(): Promise<void>;
}

/** Resolves when the gateway has answered, and, if it let him in, said where the stream is. */
export const openEventStream = async (url: string, headers: Record<string, string> = {}): Promise<EventStream> => {
  const controller = new AbortController();
  const response = await fetch(url, { headers, signal: controller.signal });
  const seen: StreamedEvent[] = [];
  const gaps: string[] = [];
  const state = { lastEventId: headers['last-event-id'], hasEnded: false, hasBegun: false };
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      const blocks = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const [id, data] = [field('id'), field('data')];
        if (id) state.lastEventId = id;
        const told = data === undefined ? {} : (JSON.parse(data) as Partial<StreamedEvent['event']> & Gap);
        if (told.gap) gaps.push(told.gap.after);
        else if (told.runId !== undefined) seen.push({ id, event: told as StreamedEvent['event'] });
        state.hasBegun ||= id !== undefined;
      }
    }
    state.hasEnded = true;
  };
  const done = read().catch(() => {});
  if (response.status === 200) await waitFor(() => state.hasBegun || state.hasEnded);
  return {
    response,
    seen,
    gaps,
    get hasEnded() {
      return state.hasEnded;
    },
    get lastEventId() {
      return state.lastEventId;
    },
    drop: async () => {
      controller.abort();
      await done;
    },
  };
};
