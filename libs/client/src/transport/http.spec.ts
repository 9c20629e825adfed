import { describe, expect, it } from 'vitest';
import { makeHttp, pathOf } from './http.ts';

const answering = (response: Response) => {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: unknown, init: RequestInit | undefined): Promise<Response> => {
    asked.push({ url: String(url), init: init ?? {} });
    return response.clone();
  };
  return { asked, http: makeHttp({ url: 'http://gateway/', key: 'secret', fetch: fetch as typeof globalThis.fetch }) };
};

describe('the transport', () => {
  it('sends the key in a header, and leaves out what is not given', async () => {
    const { asked, http } = answering(new Response('{"a":1}'));
    expect(await http.json({ path: '/v1/runs', query: { status: undefined, limit: 2 } })).toEqual({ a: 1 });
    expect(asked[0]?.url).toBe('http://gateway/v1/runs?limit=2');
    expect(new Headers(asked[0]?.init.headers).get('authorization')).toBe('Bearer secret');
  });

  it('answers with nothing for nothing', async () => {
    expect(await answering(new Response(null, { status: 204 })).http.json({ path: '/' })).toBeUndefined();
  });

  it('throws a problem as an error that has it', async () => {
    const problem = { type: '', title: 'Wrong', status: 400, code: 'parameters.invalid', detail: '/a is required' };
    const { http } = answering(new Response(JSON.stringify(problem), { status: 400 }));
    await expect(http.json({ path: '/' })).rejects.toMatchObject({
      code: 'parameters.invalid',
      status: 400,
      problem,
      message: 'Wrong: /a is required',
    });
  });

  it('makes an error of an answer that is not ours', async () => {
    const { http } = answering(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(http.json({ path: '/' })).rejects.toMatchObject({ code: 'http.502', status: 502 });
  });

  it('keeps each part of a path one segment', () => {
    expect(pathOf('v1', 'workflows', '../x y')).toBe('/v1/workflows/..%2Fx%20y');
  });
});
