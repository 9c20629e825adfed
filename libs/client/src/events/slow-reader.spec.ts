import { expect, it, vi } from 'vitest';
import { createClient } from '../create-client.ts';

const event = (version: number): string =>
  `id: 1-${version}-0\ndata: ${JSON.stringify({ type: 'StepCompleted', runId: 'r', version })}\n\n`;

/** A gateway that always has another event, in pieces of ten. */
const endless = () => {
  const asked: (string | null)[] = [];
  let pieces = 0;
  const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push(new Headers(init.headers).get('last-event-id'));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const text = Array.from({ length: 10 }, (_, index) => event(pieces * 10 + index)).join('');
        pieces++;
        controller.enqueue(new TextEncoder().encode(text));
      },
    });
    return new Response(body);
  };
  const client = createClient({ url: 'http://gateway', fetch: fetch as typeof globalThis.fetch });
  return { client, asked, made: () => pieces };
};

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it('nothing is read ahead for a slow reader but a piece', async () => {
  const { client, made } = endless();
  let read = 0;
  for await (const { event: seen } of client.events({ workflow: 'w' })) {
    expect(seen.version).toBe(read++);
    await turns(20);
    expect(made()).toBeLessThanOrEqual(Math.ceil(read / 10) + 2);
    if (read === 50) break;
  }
});

it('who takes longer than a connection may be silent keeps his connection', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { client, asked } = endless();
    let read = 0;
    for await (const { event: seen } of client.events({ workflow: 'w' })) {
      expect(seen.version).toBe(read++);
      vi.advanceTimersByTime(60_000);
      if (read === 30) break;
    }
    expect(asked).toEqual([null]);
  } finally {
    vi.useRealTimers();
  }
});

it('several types are asked for at once', async () => {
  let url = '';
  const fetch = async (asked: unknown): Promise<Response> => {
    url = String(asked);
    return new Response(null, { status: 204 });
  };
  const client = createClient({ url: 'http://gateway', fetch: fetch as typeof globalThis.fetch });
  for await (const _ of client.events({ type: ['RunFailed', 'RunSucceeded'], filter: 'event.data.n > 1', chain: 'c' }));
  expect(decodeURIComponent(url)).toBe(
    'http://gateway/v1/events?type=RunFailed,RunSucceeded&filter=event.data.n+>+1&chain=c',
  );
});
