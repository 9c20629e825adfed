import { deflateSync, gzipSync, brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY } from '../../apps/gateway/test/test-gateway.ts';
import { openFilesPlatform, type FilesPlatform } from './files-platform.ts';
import { request, sendRaw, type RawAnswer } from './raw-http.ts';

let platform: FilesPlatform;
let url: string;
const key = `authorization: Bearer ${ADMIN_KEY}`;
const json = 'content-type: application/json';

beforeAll(async () => {
  platform = await openFilesPlatform();
  const { client } = platform.gateway;
  ({ url } = platform.gateway);
  const parameters = {
    type: 'object',
    properties: {
      text: { type: 'string' },
      slow: { type: 'string', pattern: '^(a+)+$' },
      words: { type: 'string', pattern: '^(\\w+\\s?)*$' },
      mail: { type: 'string', format: 'email' },
      link: { type: 'string', format: 'uri' },
    },
    additionalProperties: false,
  };
  await client.workflows.save('target', { workflow: 'target', parameters, do: [{ a: { set: 1 } }] });
  await client.workflows.publish('target');
  await client.types.declare('note', { text: { kind: 'text' } });
});
afterAll(() => platform?.close());

type Attack = [what: string, send: () => Promise<RawAnswer>, status?: number[]];

const raw = (...parts: (string | Buffer)[]) => sendRaw(url, ...parts);
const get = (path: string, ...headers: string[]) => raw(request(`GET ${path}`, [key, ...headers]));
const send = (line: string, type: string, body: string | Buffer, ...headers: string[]) =>
  raw(
    request(line, [key, `content-type: ${type}`, ...headers, `content-length: ${Buffer.byteLength(body)}`]),
    typeof body === 'string' ? Buffer.from(body) : body,
  );
const start = (parameters: string, ...headers: string[]) =>
  send('POST /v1/workflows/target/runs', 'application/json', `{"parameters":${parameters}}`, ...headers);
const form = (...parts: string[]) =>
  send(
    'POST /v1/files',
    'multipart/form-data; boundary=b',
    `${parts.map((part) => `--b\r\ncontent-disposition: form-data; ${part}\r\n`).join('')}--b--\r\n`,
  );
const yaml = (text: string) => send('PUT /v1/workflows/bomb', 'application/yaml', text);
const csv = (text: string) => send('POST /v1/things/note/bulk', 'text/csv', text);
const ndjson = (text: string) => send('POST /v1/workflows/target/lists?as=text', 'application/x-ndjson', text);
const posted = (...headers: string[]) =>
  `POST /v1/workflows/target/runs HTTP/1.1\r\nhost: x\r\n${key}\r\n${json}\r\n${headers.join('\r\n')}\r\n\r\n`;
const smuggled = `GET /v1/secrets HTTP/1.1\r\nhost: x\r\n${key}\r\n\r\n`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const attacks: Record<string, Attack[]> = {
  'leaving the folder': [
    ['dots', () => get('/v1/files/../../etc/passwd')],
    ['dots that are escaped', () => get('/v1/files/%2e%2e%2f%2e%2e%2fetc%2fpasswd')],
    ['dots that are escaped twice', () => get('/v1/files/%252e%252e%252fetc%252fpasswd')],
    ['backslashes', () => get('/v1/files/..%5c..%5cetc%5cpasswd')],
    ['a null byte', () => get('/v1/files/a%00.txt')],
    ['dots in overlong UTF-8', () => get('/v1/files/%c0%ae%c0%ae%c0%afetc')],
    ['slashes before the path', () => get('//etc/passwd')],
    ['a whole URL', () => get('http://127.0.0.1:22/etc/passwd')],
    ['a public link', () => get('/v1/public/files/..%2f..%2fetc%2fpasswd')],
    ['the name of a workflow', () => get('/v1/workflows/..%2fsecrets')],
    ['100 KB of URL', () => get(`/v1/workflows/${'a'.repeat(100_000)}`), [414, 431]],
    ['bytes that are no text', () => get('/v1/workflows/%ff%fe')],
  ],
  'lines in headers': [
    ['an escaped line in a name', () => get('/v1/workflows/a%0d%0ax-injected:%201')],
    ['a line in the idempotency key', () => start('{}', 'idempotency-key: a\rx-injected: 1')],
    ['bytes above ASCII in the idempotency key', () => start('{}', 'idempotency-key: \u00e9')],
    ['a user with a line', () => get('/v1/things/note/x', 'nightshift-user: a\rx-injected: 1')],
    ['a header without a name', () => get('/v1/workflows', ': x')],
    ['a header that goes on in the next line', () => get('/v1/workflows', 'x-a: 1', ' x-injected: 1')],
    ['20 KB of headers', () => get('/v1/workflows', `x-large: ${'a'.repeat(20_000)}`), [431]],
    ['3,000 headers', () => get('/v1/workflows', ...Array.from({ length: 3_000 }, (_, n) => `x-${n}: 1`)), [431]],
  ],
  'a request within a request': [
    [
      'a length and chunks',
      () => raw(posted('content-length: 4', 'transfer-encoding: chunked'), `0\r\n\r\n${smuggled}`),
    ],
    ['two lengths', () => raw(posted('content-length: 2', 'content-length: 200'), `{}${smuggled}`)],
    ['two lengths in one', () => raw(posted('content-length: 2, 200'), `{}${smuggled}`)],
    ['a length with a sign', () => raw(posted('content-length: +2'), `{}${smuggled}`)],
    ['chunks in another spelling', () => raw(posted('transfer-encoding: xchunked'), `0\r\n\r\n${smuggled}`)],
    ['chunks after something else', () => raw(posted('transfer-encoding: chunked, identity'), `0\r\n\r\n${smuggled}`)],
    ['a blank before the colon', () => raw(posted('transfer-encoding : chunked'), `0\r\n\r\n${smuggled}`)],
    [
      'a chunk that is too long',
      () => raw(posted('transfer-encoding: chunked'), `fffffffffffffffff\r\n{}\r\n${smuggled}`),
    ],
    ['lines that end otherwise', () => raw(`GET /v1/workflows HTTP/1.1\nhost: x\n${key}\n\n${smuggled}`)],
    ['another protocol', () => raw('SSH-2.0-OpenSSH_9.6\r\n\r\n')],
  ],
  'the prototype': [
    ['JSON', () => start('{"__proto__":{"polluted":1}}')],
    ['JSON, escaped', () => start('{"\\u005f_proto__":{"polluted":1}}')],
    ['JSON, by the constructor', () => start('{"constructor":{"prototype":{"polluted":1}}}')],
    ['a query', () => get('/v1/runs?__proto__[polluted]=1')],
    ['a query, by the constructor', () => get('/v1/runs?constructor.prototype.polluted=1')],
    ['criteria', () => get('/v1/schedules?parameter.__proto__.polluted=1'), [200, 400]],
    ['YAML', () => yaml('workflow: bomb\n__proto__: { polluted: 1 }\ndo: [{ a: { set: 1 } }]\n')],
    ['YAML, merged', () => yaml('workflow: bomb\n<<: { __proto__: { polluted: 1 } }\ndo: [{ a: { set: 1 } }]\n')],
    ['a header of CSV', () => csv('__proto__,constructor\n1,2\n')],
    ['a line of NDJSON', () => ndjson('{"__proto__":{"polluted":1}}\n')],
    ['a part of a form', () => form('name="__proto__"\r\n\r\npolluted')],
  ],
  'what takes for ever': [
    ['a pattern that goes back and forth', () => start(JSON.stringify({ slow: `${'a'.repeat(50_000)}!` }))],
    ['a pattern of words', () => start(JSON.stringify({ words: `${'a '.repeat(25_000)}!` }))],
    ['an address', () => start(JSON.stringify({ mail: `${'a.'.repeat(25_000)}@` }))],
    ['a link', () => start(JSON.stringify({ link: `http://${'a:'.repeat(25_000)}@[` }))],
    [
      'a cron',
      () =>
        send('POST /v1/recurrences/preview', 'application/json', JSON.stringify({ spec: { cron: '*/'.repeat(60) } })),
    ],
    [
      'a day that never comes',
      () => send('POST /v1/recurrences/preview', 'application/json', JSON.stringify({ spec: { cron: '0 0 30 2 *' } })),
      [200, 400],
    ],
    ['a name', () => get(`/v1/workflows/${'a-'.repeat(100)}!`)],
  ],
  'what grows': [
    [
      'gzip',
      () =>
        send(
          'POST /v1/workflows/target/runs',
          'application/json',
          gzipSync(Buffer.alloc(1e7, ' ')),
          'content-encoding: gzip',
        ),
      [415],
    ],
    [
      'deflate',
      () =>
        send(
          'POST /v1/workflows/target/runs',
          'application/json',
          deflateSync(Buffer.alloc(1e7, ' ')),
          'content-encoding: deflate',
        ),
      [415],
    ],
    [
      'brotli',
      () =>
        send(
          'POST /v1/workflows/target/lists?as=text',
          'application/x-ndjson',
          brotliCompressSync(Buffer.alloc(1e7, ' ')),
          'content-encoding: br',
        ),
      [415],
    ],
    [
      'aliases of YAML',
      () =>
        yaml(
          `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
            .split('')
            .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[at]}`).join(',')}]`)
            .join('\n')}\n`,
        ),
    ],
    ['deep JSON', () => start(`{"text":${nested(50_000)}}`)],
    ['deep YAML', () => yaml(`workflow: bomb\ndo: ${nested(20_000)}\n`)],
    [
      'deep YAML by lines',
      () => yaml(Array.from({ length: 1_300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')),
    ],
    ['deep NDJSON', () => ndjson(`${nested(20_000)}\n`)],
    [
      '100,000 keys',
      () =>
        start(
          `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`).join(',')}}`
            .slice(0, 900_000)
            .replace(/,[^,]*$/, '}'),
        ),
    ],
    ['100,000 parts of a query', () => get(`/v1/runs?${'a=1&'.repeat(3_000)}`)],
    ['CSV of a million columns', () => csv(`${'a,'.repeat(1_000_000)}a\n`)],
    ['a form of 10,000 parts', () => form(...Array.from({ length: 10_000 }, (_, n) => `name="f${n}"\r\n\r\n1`))],
    ['a form of one endless name', () => form(`name="${'a'.repeat(200_000)}"; filename="x"\r\n\r\n1`)],
    ['a line of 20 MB', () => ndjson(`"${'a'.repeat(20_000_000)}"\n`)],
  ],
  'what is no text': [
    [
      'bytes in JSON',
      () =>
        send(
          'POST /v1/workflows/target/runs',
          'application/json',
          Buffer.from('{"parameters":{"text":"\xff\xfe"}}', 'latin1'),
        ),
    ],
    [
      'bytes in YAML',
      () =>
        send(
          'PUT /v1/workflows/bomb',
          'application/yaml',
          Buffer.from('workflow: bomb\ntitle: \xff\ndo: []\n', 'latin1'),
        ),
    ],
    [
      'overlong UTF-8',
      () =>
        send(
          'POST /v1/workflows/target/runs',
          'application/json',
          Buffer.from('{"parameters":{"text":"\xc0\xaf"}}', 'latin1'),
        ),
    ],
    ['half of a surrogate pair', () => start('{"text":"\\ud800"}')],
    ['a null byte', () => start('{"text":"\\u0000"}')],
    ['a null byte in a name', () => start('{"te\\u0000xt":"x"}')],
    ['half of a pair in a thing', () => send('POST /v1/things/note', 'application/json', '{"text":"\\udc00"}')],
    ['a null byte in a thing', () => send('POST /v1/things/note', 'application/json', '{"text":"a\\u0000"}')],
    ['a null byte in a search', () => get('/v1/schedules?parameter.text=%00'), [200, 400]],
    ['a null byte in the audit log', () => get('/v1/audit?actor=%00'), [200, 400]],
  ],
};

/** Nothing is left of an attack: the gateway serves, and no object has got what it did not have. */
const isWell = async (): Promise<void> => {
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await get('/v1/workflows/target')).status).toBe(200);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
};

for (const [kind, ones] of Object.entries(attacks)) {
  describe(kind, () => {
    it.each(ones)('%s', async (_what, attack, statuses) => {
      const under = attack();
      // Somebody else, at the same time.
      await isWell();
      const answer = await under;
      if (statuses) expect(statuses).toContain(answer.status);
      else expect(Math.floor(answer.status / 100), answer.text.slice(0, 1_000)).toBe(4);
      expect(answer.count).toBe(1);
      expect(answer.head).not.toMatch(/^x-injected/m);
      expect(answer.text).not.toContain('root:x:');
      expect(answer.text.length).toBeLessThan(100_000);
      await isWell();
    });
  });
}

describe('names that come back in headers', () => {
  it.each([
    ['quotes', 'a"; x="b'],
    ['lines', 'a%0d%0ax-injected: 1'],
    ['other alphabets', '\u0444\u0430\u0439\u043b.txt'],
    ['a path', '../../etc/passwd'],
  ])('%s in the name of a file', async (_what, name) => {
    const { id } = await platform.upload('content', name);
    const response = await platform.gateway.call('GET', `/v1/files/${id}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-injected')).toBeNull();
    expect(response.headers.get('content-disposition')).not.toMatch(/[\u0000-\u001f]/);
  });
});
