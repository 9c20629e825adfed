import { describe, expect, it } from 'vitest';
import { createClient } from '../create-client.ts';
import type { FollowedEvent } from './follow-events.ts';

type Answer = () => Response;

const events =
  (...blocks: string[]): Answer =>
  () =>
    new Response(blocks.map((block) => `${block}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } });

const event = (id: string, type = 'StepCompleted'): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type })}`;

const problem =
  (status: number, code: string): Answer =>
  () =>
    new Response(JSON.stringify({ type: '', title: 'No', status, code }), { status });

const follow = async (
  answers: Answer[],
  options: object,
): Promise<{ seen: FollowedEvent[]; asked: (string | null)[]; error: unknown }> => {
  const asked: (string | null)[] = [];
  const fetch = async (_url: unknown, init: RequestInit | undefined): Promise<Response> => {
    asked.push(new Headers(init?.headers).get('last-event-id'));
    const answer = answers.shift();
    if (answer === undefined) throw new TypeError('nobody answers');
    return answer();
  };
  const client = createClient({ url: 'http://gateway', key: 'k', fetch: fetch as typeof globalThis.fetch });
  const seen: FollowedEvent[] = [];
  try {
    for await (const followed of client.events(options)) seen.push(followed);
  } catch (error) {
    return { seen, asked, error };
  }
  return { seen, asked, error: undefined };
};

describe('following events', () => {
  it('goes on where the connection broke, and ends with the run', async () => {
    const { seen, asked, error } = await follow(
      [
        events('retry: 1', 'id: 1-1-0', event('1-2-1')),
        () => {
          throw new TypeError('connection refused');
        },
        problem(503, 'messaging.unavailable'),
        events(event('1-3-2', 'RunSucceeded'), event('1-4-3')),
      ],
      { run: 'r' },
    );
    expect(error).toBeUndefined();
    expect(seen.map(({ id }) => id)).toEqual(['1-2-1', '1-3-2']);
    expect(asked).toEqual([null, '1-2-1', '1-2-1', '1-2-1']);
  });

  it('says where something is missing, and goes on', async () => {
    const gaps: object[] = [];
    const { seen } = await follow(
      [events(event('1-2-1'), 'id: 1-9-0\nevent: gap\ndata: {"gap":{"after":"1-2-1"}}', event('1-9-8', 'RunFailed'))],
      { run: 'r', onGap: (gap: object) => gaps.push(gap) },
    );
    expect(gaps).toEqual([{ after: '1-2-1' }]);
    expect(seen.map(({ id }) => id)).toEqual(['1-2-1', '1-9-8']);
  });

  it('ends when there is nothing more', async () => {
    const { seen, asked } = await follow([() => new Response(null, { status: 204 })], {
      run: 'r',
      lastEventId: '1-9-9',
    });
    expect([seen, asked]).toEqual([[], ['1-9-9']]);
  });

  it('throws what will not get better', async () => {
    const { error } = await follow([problem(404, 'run.not_found')], { run: 'r' });
    expect(error).toMatchObject({ name: 'NightshiftError', code: 'run.not_found', status: 404 });
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const { error } = await follow([], { workflow: 'w', signal: controller.signal });
    expect(error).toBeUndefined();
  });
});
