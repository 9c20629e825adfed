import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isNightshiftError, NightshiftUnavailable } from '../nightshift-error.ts';
import { waitAfter } from './attempts.ts';
import { makeHttp, type Call, type ClientOptions } from './http.ts';

/** Pauses are a fiftieth of what they are. */
beforeEach(() => {
  const { setTimeout } = globalThis;
  const soon = (then: () => void, ms = 0): NodeJS.Timeout => setTimeout(then, ms / 50);
  vi.stubGlobal('setTimeout', soon);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

type Answer = Response | Error | 'never';

interface Asked {
  key: string | null;
  body: unknown;
}

/** A door that answers in this order, and with the last one from then on. */
const door = (answers: Answer[], options: Partial<ClientOptions> = {}) => {
  const asked: Asked[] = [];
  const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push({ key: new Headers(init.headers).get('idempotency-key'), body: init.body });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer instanceof Error) throw answer;
    if (answer instanceof Response) return answer.clone();
    return new Promise((_resolve, reject) => {
      if (init.signal?.aborted) reject(init.signal.reason as Error);
      init.signal?.addEventListener('abort', () => reject(init.signal!.reason as Error));
    });
  };
  return { asked, http: makeHttp({ url: 'http://gateway', fetch: fetch as typeof globalThis.fetch, ...options }) };
};

const refused = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ type: '', title: 'No', status, code }), { status, headers });
const done = new Response('{"ok":true}');
const noAnswer = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
const post: Call = { method: 'POST', path: '/v1/runs', json: {} };

describe('what is tried again', () => {
  it('is a POST that was not answered, under one key', async () => {
    const { asked, http } = door([noAnswer, refused(503, 'ledger.unavailable'), done]);
    expect(await http.json(post)).toEqual({ ok: true });
    expect(asked).toHaveLength(3);
    expect(asked[0]!.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  });

  it('has a key of its own for each call, or the one that is given', async () => {
    const { asked, http } = door([done]);
    await http.json(post);
    await http.json(post);
    await http.json({ ...post, idempotencyKey: 'mine' });
    expect(new Set(asked.map(({ key }) => key)).size).toBe(3);
    expect(asked[2]!.key).toBe('mine');
  });

  it('has no key where none is needed', async () => {
    const { asked, http } = door([done]);
    await http.json({ path: '/v1/runs' });
    await http.json({ ...post, isRead: true });
    await http.json({ ...post, retries: 0 });
    await http.json({ method: 'PUT', path: '/v1/types/a', json: {} });
    expect(asked.map(({ key }) => key)).toEqual([null, null, null, null]);
  });

  it.each([
    [429, 'http.429'],
    [502, 'http.502'],
    [503, 'data.unavailable'],
    [504, 'http.504'],
    [409, 'idempotency.in_progress'],
    [500, 'platform.bug'],
  ])('is what was answered with %i %s', async (status, code) => {
    const { asked, http } = door([refused(status, code), done]);
    expect(await http.json(post)).toEqual({ ok: true });
    expect(asked).toHaveLength(2);
  });

  it.each([
    [400, 'parameters.invalid'],
    [404, 'run.not_found'],
    [504, 'search.timeout'],
    [500, 'http.500'],
  ])('is not what was answered with %i %s', async (status, code) => {
    const { asked, http } = door([refused(status, code), done]);
    await expect(http.json(post)).rejects.toMatchObject({ code, canRetry: false });
    expect(asked).toHaveLength(1);
  });

  it('is not a run that has failed: asked again, it is the same run', async () => {
    const { asked, http } = door([refused(503, 'http.status', { 'nightshift-run-id': 'r' }), done]);
    await expect(http.json(post)).rejects.toMatchObject({ code: 'http.status' });
    expect(asked).toHaveLength(1);
  });

  it('is not what nothing makes safe to repeat', async () => {
    const stream = new ReadableStream<Uint8Array>();
    const { asked, http } = door([noAnswer]);
    await expect(http.json({ method: 'GET', path: '/wf/a', isOnce: true })).rejects.toThrow(NightshiftUnavailable);
    await expect(
      http.json({ method: 'POST', path: '/v1/files', body: { type: 'text/csv', content: stream } }),
    ).rejects.toThrow(NightshiftUnavailable);
    expect(asked).toHaveLength(2);
  });

  it('is a stream that can be made again', async () => {
    const { asked, http } = door([noAnswer, done]);
    const content = () => new Blob(['a']).stream() as ReadableStream<Uint8Array>;
    await http.json({ method: 'POST', path: '/v1/files', body: { type: 'text/csv', content } });
    expect(asked).toHaveLength(2);
    expect(asked[0]!.body).not.toBe(asked[1]!.body);
  });

  it('is asked for no more often than wanted', async () => {
    const { asked, http } = door([noAnswer], { retries: 1 });
    await expect(http.json(post)).rejects.toMatchObject({
      code: 'client.unreachable',
      status: 0,
      message: expect.stringMatching(/http:\/\/gateway \(connect ECONNREFUSED\)\. Is the gateway running/) as string,
    });
    expect(asked).toHaveLength(2);
  });
});

describe('time', () => {
  it('of one attempt is bounded, and another one is made', async () => {
    const { asked, http } = door(['never', done], { attemptTimeoutMs: 20 });
    expect(await http.json(post)).toEqual({ ok: true });
    expect(asked).toHaveLength(2);
  });

  it('of all attempts is bounded', async () => {
    const { http } = door([noAnswer], { timeoutMs: 30, retries: 100 });
    await expect(http.json(post)).rejects.toMatchObject({ code: 'client.timeout' });
  });

  it('ends with the signal of the caller, while it waits and while it pauses', async () => {
    for (const answer of ['never', noAnswer] as const) {
      const controller = new AbortController();
      const { http } = door([answer]);
      const asking = http.json({ ...post, signal: controller.signal });
      controller.abort(new Error('the user has left'));
      await expect(asking).rejects.toThrow('the user has left');
    }
  });

  it('is what the gateway says, if it says so, and else grows', () => {
    const passing = (retryAfterMs?: number) =>
      new NightshiftUnavailable('client.unreachable', 'No', 'answer', { retryAfterMs });
    expect([1, 2, 3].map((attempt) => waitAfter(passing(), attempt, () => 1))).toEqual([500, 1000, 2000]);
    expect([1, 2, 3].map((attempt) => waitAfter(passing(), attempt, () => 0))).toEqual([250, 500, 1000]);
    expect(waitAfter(passing(), 30, () => 1)).toBe(8_000);
    expect(waitAfter(passing(3_000), 1, () => 0)).toBe(3_000);
    expect(waitAfter(passing(3_600_000), 1)).toBeUndefined();
    expect(waitAfter(new Error('a bug'), 1)).toBeUndefined();
  });
});

describe('an error', () => {
  it('is told by its code, in any copy of the client', async () => {
    const { http } = door([refused(404, 'workflow.not_found', { 'x-request-id': 'q-1' })]);
    const error: unknown = await http.json(post).catch((caught: unknown) => caught);
    expect(isNightshiftError(error)).toBe(true);
    expect(isNightshiftError(error, 'workflow.not_found')).toBe(true);
    expect(isNightshiftError(error, 'run.not_found', 'list.not_found')).toBe(false);
    expect(isNightshiftError(new Error('workflow.not_found'))).toBe(false);
    expect(error).toMatchObject({ requestId: 'q-1', violations: [] });
  });

  it('says what is wrong with the input, and what to do', async () => {
    const errors = [1, 2, 3, 4].map((n) => ({ pointer: `/${n}`, detail: 'is required' }));
    const problem = { type: '', title: 'Wrong', status: 400, code: 'parameters.invalid', errors };
    const { http } = door([new Response(JSON.stringify(problem), { status: 400 })]);
    await expect(http.json(post)).rejects.toMatchObject({
      violations: errors,
      message: 'Wrong: /1 is required; /2 is required; /3 is required, and 1 more',
    });
    await expect(door([refused(401, 'auth.missing_key')]).http.json(post)).rejects.toThrow(
      'No. Give `key` to createClient.',
    );
  });

  it('is what is no JSON, and an address that is none', async () => {
    await expect(door([new Response('<html>')]).http.json(post)).rejects.toMatchObject({ code: 'client.unreadable' });
    expect(() => makeHttp({ url: 'gateway:80' })).toThrow('http');
    expect(() => makeHttp({ url: 'gateway' })).toThrow('http');
  });
});

it('a key that is a function is asked before each attempt', async () => {
  let asked = 0;
  const { http } = door([noAnswer, done], { key: async () => `token-${++asked}` });
  await http.json(post);
  expect(asked).toBe(2);
});
