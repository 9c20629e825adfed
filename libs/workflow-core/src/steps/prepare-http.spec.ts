import { describe, expect, it } from 'vitest';
import type { HttpRequest } from './effect.ts';
import { http } from './http.ts';

const url = 'https://a.b/c';
/** What a request is that says nothing but its URL. */
const plain: HttpRequest = { method: 'GET', url, headers: {}, timeoutMs: 30_000, expect: 'auto', errors: 'fail' };

describe('an evaluated http action becomes a request', () => {
  it.each<[object, Partial<HttpRequest>]>([
    [{}, {}],
    [
      { method: 'post', query: { y: 2, z: ['a', 'b'], gone: null }, headers: { 'X-Key': 'k', gone: null } },
      { method: 'POST', url: `${url}?y=2&z=a&z=b`, headers: { 'x-key': 'k' } },
    ],
    [
      { timeout: { seconds: 5 }, expect: 'text', errors: 'data', maxBytes: 10 },
      { timeoutMs: 5000, expect: 'text', errors: 'data', maxBytes: 10 },
    ],
    [
      { method: 'POST', body: { a: 1 } },
      { headers: { 'content-type': 'application/json' }, body: { kind: 'text', text: '{"a":1}' } },
    ],
    [
      { method: 'POST', body: 'a,b', headers: { 'Content-Type': 'text/csv' } },
      { headers: { 'content-type': 'text/csv' }, body: { kind: 'text', text: 'a,b' } },
    ],
    [
      { method: 'POST', body: 'hello' },
      { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { kind: 'text', text: 'hello' } },
    ],
    [
      { method: 'POST', json: 'hello' },
      { headers: { 'content-type': 'application/json' }, body: { kind: 'text', text: '"hello"' } },
    ],
    [{ method: 'POST', json: null }, { body: { kind: 'text', text: 'null' } }],
    [
      { method: 'POST', form: { a: 'x y&z', b: [1, true], gone: null } },
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
        body: { kind: 'text', text: 'a=x+y%26z&b=1&b=true' },
      },
    ],
    [
      {
        method: 'POST',
        multipart: {
          note: 'x',
          n: [1, 2],
          a: { fileName: 'a.txt', content: 'ü' },
          b: { fileName: 'b.pdf', contentType: 'application/pdf', base64: 'AAE=' },
        },
      },
      {
        headers: {},
        body: {
          kind: 'form',
          fields: [
            { name: 'note', value: 'x' },
            { name: 'n', value: '1' },
            { name: 'n', value: '2' },
            { name: 'a', fileName: 'a.txt', contentType: 'text/plain; charset=utf-8', base64: 'w7w=' },
            { name: 'b', fileName: 'b.pdf', contentType: 'application/pdf', base64: 'AAE=' },
          ],
        },
      },
    ],
    [
      { method: 'PUT', base64: 'AAE=' },
      { headers: { 'content-type': 'application/octet-stream' }, body: { kind: 'bytes', base64: 'AAE=' } },
    ],
    [{ auth: { bearer: 't0k.en' } }, { headers: { authorization: 'Bearer t0k.en' } }],
    [{ auth: { basic: { user: 'jö', password: 'a:b' } } }, { headers: { authorization: 'Basic asO2OmE6Yg==' } }],
  ])('%j', (input, request) => {
    expect(http.prepare({ url, ...input })).toMatchObject({ kind: 'http', request });
  });

  it('with no more than it was given', () => {
    expect(http.prepare({ url })).toEqual({ kind: 'http', request: plain });
  });

  it('with files of any length', () => {
    const content = 'ü€'.repeat(50_000);
    const effect = http.prepare({ url, method: 'POST', multipart: { a: { fileName: 'a', content } } });
    const base64 = Buffer.from(content).toString('base64');
    expect(effect).toMatchObject({ request: { body: { fields: [{ base64 }] } } });
  });
});

describe('an evaluated http action that makes no sense is refused', () => {
  it.each<[object, RegExp]>([
    [{ url: 'a.b' }, /^url is not a URL/],
    [{ url: 'file:///etc/passwd' }, /^url must begin with https/],
    [{ url: 'https://me:pw@a.b' }, /^url holds a user or password/],
    [{ url: undefined }, /^url must be a URL, but is nothing$/],
    [{ method: 'NO' }, /^method must be one of/],
    [{ body: 1 }, /^a GET request has no body$/],
    [{ method: 'HEAD', form: {} }, /^a HEAD request has no body$/],
    [{ headers: { 'a b': 1 } }, /^the header "a b" is not a valid header name$/],
    [{ headers: { a: 'x\r\nb: c' } }, /^the header a holds a line break/],
    [{ headers: { a: '€' } }, /^the header a holds a character beyond Latin-1$/],
    [{ headers: 'x' }, /^headers must be an object/],
    [{ timeout: 'x' }, /^timeout must be a duration, but is a string$/],
    [{ query: 'x' }, /^query must be an object/],
    [{ maxBytes: 0 }, /^maxBytes must be/],
    [{ method: 'POST', form: 'a=b' }, /^form must be an object, but is a string$/],
    [{ method: 'POST', multipart: [] }, /^multipart must be an object, but is a list$/],
    [{ method: 'POST', multipart: { a: { content: 'x' } } }, /^multipart\.a\.fileName must be a text, but is nothing$/],
    [{ method: 'POST', multipart: { a: { fileName: 'a' } } }, /^multipart\.a must have content or base64/],
    [{ method: 'POST', multipart: { a: { fileName: 'a\n', content: '' } } }, /^multipart\.a\.fileName holds a line/],
    [{ method: 'POST', multipart: { a: { fileName: 'a', base64: 'x' } } }, /^multipart\.a\.base64 must be base64$/],
    [{ method: 'POST', base64: 'a-b=' }, /^base64 must be base64$/],
    [{ method: 'POST', base64: 7 }, /^base64 must be a text, but is a number$/],
    [{ auth: {} }, /^auth\.bearer must be a text, but is nothing$/],
    [{ auth: { bearer: 'a b' } }, /^auth\.bearer holds a character/],
    [{ auth: { basic: { user: 'a' } } }, /^auth\.basic\.password must be a text, but is nothing$/],
    [{ auth: { basic: { user: 'a:b', password: 'c' } } }, /^auth\.basic\.user holds a colon/],
    [{ auth: { bearer: 'a' }, headers: { Authorization: 'b' } }, /^headers hold an authorization beside auth$/],
  ])('%j', (input, detail) => {
    expect(http.prepare({ url, ...input })).toMatchObject({
      kind: 'refused',
      problem: { code: 'request.invalid', detail: expect.stringMatching(detail) as string },
    });
  });
});
