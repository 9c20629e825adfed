import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '@nightshift/contracts';
import type { HttpRequest } from '@nightshift/workflow-core';
import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anOccasion } from '../../apps/executor/src/perform/an-occasion.fixture.ts';
import { makeEgress } from '../../apps/executor/src/perform/egress.ts';
import { makePerformHttp } from '../../apps/executor/src/perform/http.ts';
import type { Occasion, Performed } from '../../apps/executor/src/perform/performed.ts';

interface Call {
  host: string;
  path: string;
  method: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

const MAX_ANSWER_BYTES = 1024 * 1024;

let calls: Call[] = [];
let answers: Record<string, Answer> = {};
const servers: Server[] = [];
const dispatchers: Dispatcher[] = [];

/** A server that notes each call and answers as the test says for the path. @returns `127.0.0.1:<port>` */
const startServer = async (): Promise<string> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      calls.push({ host: headers.host ?? '', path: url, method, headers, body: Buffer.concat(parts) });
      const answer = answers[url] ?? ((to: ServerResponse) => to.writeHead(404).end());
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

let host: string;
let other: string;

beforeAll(async () => {
  host = await startServer();
  other = await startServer();
});

beforeEach(() => {
  calls = [];
  answers = {};
});

afterAll(async () => {
  for (const dispatcher of dispatchers) await dispatcher.destroy();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const performer = (allow: string[]) => {
  const dispatcher = makeEgress(allow);
  dispatchers.push(dispatcher);
  return makePerformHttp({ dispatcher, maxAnswerBytes: MAX_ANSWER_BYTES });
};

const requestOf = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  timeoutMs: 10_000,
  expect: 'auto',
  errors: 'fail',
  ...more,
});

/** Calls a path of the first server, which may be called as the second one may. */
const call = async (path: string, more?: Partial<HttpRequest>, occasion?: Occasion): Promise<Performed['outcome']> => {
  const url = path.startsWith('http') ? path : `http://${host}${path}`;
  const performed = await performer([host, other])(
    { kind: 'http', request: requestOf(url, more) },
    occasion ?? anOccasion(),
  );
  return performed.outcome;
};

const answering =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

const resultOf = (
  outcome: Performed['outcome'],
): { status: number; headers: Record<string, string>; body: unknown } => {
  expect(outcome).toMatchObject({ kind: 'completed' });
  return (outcome as { result: ReturnType<typeof resultOf> }).result;
};

describe('the way out', () => {
  const portOf = (address: string): string => address.split(':')[1]!;

  it.each<[string, (port: string) => string]>([
    ['loopback', (port) => `http://127.0.0.1:${port}/`],
    ['loopback, written as a number', (port) => `http://2130706433:${port}/`],
    ['another loopback', (port) => `http://127.1.2.3:${port}/`],
    ['this host', (port) => `http://0.0.0.0:${port}/`],
    ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a private network', () => 'http://10.0.0.1/'],
    ['loopback of IPv6', (port) => `http://[::1]:${port}/`],
    ['IPv4 within IPv6', (port) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['a unique local address', () => 'http://[fd00::1]/'],
    ['a name that resolves to loopback', (port) => `http://localhost:${port}/`],
  ])('refuses %s', async (_, urlAt) => {
    answers['/'] = answering('inside');
    const { outcome } = await performer([])({ kind: 'http', request: requestOf(urlAt(portOf(host))) }, anOccasion());
    expect(outcome).toMatchObject({
      kind: 'failed',
      canRetry: false,
      problem: { code: 'http.refused', detail: expect.stringContaining('NIGHTSHIFT_EGRESS_ALLOW') },
    });
    expect(calls).toEqual([]);
  });

  it.each(['http://169.254.169.254/', 'http://localhost:PORT/', 'http://[::1]:PORT/', 'http://127.0.0.1:PORT/'])(
    'refuses a redirect to %s',
    async (location) => {
      answers['/go'] = (response) =>
        response.writeHead(302, { location: location.replace('PORT', portOf(other)) }).end();
      const { outcome } = await performer([host])(
        { kind: 'http', request: requestOf(`http://${host}/go`) },
        anOccasion(),
      );
      expect(outcome).toMatchObject({ kind: 'failed', canRetry: false, problem: { code: 'http.refused' } });
      expect(calls.map(({ path }) => path)).toEqual(['/go']);
    },
  );

  it('lets through what is allowed, and that port only', async () => {
    answers['/'] = answering('ok');
    expect(resultOf(await call('/')).body).toBe('ok');
    const { outcome } = await performer([host])({ kind: 'http', request: requestOf(`http://${other}/`) }, anOccasion());
    expect(outcome).toMatchObject({ kind: 'failed', problem: { code: 'http.refused' } });
  });
});

describe('redirects', () => {
  const headers = { authorization: 'Bearer s3cret', cookie: 'session=s3cret', 'x-trace': '1' };

  it('to another host do not carry credentials', async () => {
    answers['/go'] = (response) => response.writeHead(307, { location: `http://${other}/there` }).end();
    answers['/there'] = answering('ok');
    await call('/go', { method: 'POST', headers, body: { kind: 'text', text: 'hello' } });
    const [first, second] = calls;
    expect(first!.headers).toMatchObject(headers);
    expect(second).toMatchObject({ host: other, method: 'POST', headers: { 'x-trace': '1' } });
    expect(second!.body.toString()).toBe('hello');
    expect(second!.headers['authorization']).toBeUndefined();
    expect(second!.headers['cookie']).toBeUndefined();
  });

  it('on the same host do', async () => {
    answers['/go'] = (response) => response.writeHead(302, { location: '/there' }).end();
    answers['/there'] = answering('ok');
    await call('/go', { headers });
    expect(calls[1]).toMatchObject({ path: '/there', headers });
  });

  it('without end are a failure', async () => {
    answers['/round'] = (response) => response.writeHead(302, { location: '/round' }).end();
    expect(await call('/round')).toMatchObject({ kind: 'failed', problem: { code: 'http.failed' } });
  });
});

describe('what is sent', () => {
  it('has the same key for each attempt, and another for each iteration', async () => {
    answers['/'] = answering('ok');
    for (const occasion of [anOccasion(), anOccasion({ attempt: 2 }), anOccasion({ iteration: '4' })]) {
      await call('/', { method: 'POST' }, occasion);
    }
    const keys = calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(`${anOccasion().runId}/act/1`);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).toBe(`${anOccasion().runId}/act/4`);
  });

  it('is text as it is, with the content type that goes with it', async () => {
    answers['/'] = answering('');
    const headers = { 'content-type': 'application/json' };
    await call('/', { method: 'PUT', headers, body: { kind: 'text', text: '{"ü":1}' } });
    expect(calls[0]).toMatchObject({ method: 'PUT', headers: { 'content-type': 'application/json' } });
    expect(calls[0]!.body.toString()).toBe('{"ü":1}');
  });

  it('is bytes as they are', async () => {
    answers['/'] = answering('');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const headers = { 'content-type': 'image/png' };
    await call('/', { method: 'POST', headers, body: { kind: 'bytes', base64: bytes.toString('base64') } });
    expect(calls[0]!.headers['content-type']).toBe('image/png');
    expect(calls[0]!.body.equals(bytes)).toBe(true);
  });

  it('is a form with fields and files', async () => {
    answers['/'] = answering('');
    const file = Buffer.from([0, 255, 13, 10, 45, 45]);
    await call('/', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data' },
      body: {
        kind: 'form',
        fields: [
          { name: 'title', value: 'Größe' },
          { name: 'photo', fileName: 'a b.png', contentType: 'image/png', base64: file.toString('base64') },
        ],
      },
    });
    const { headers, body } = calls[0]!;
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    const form = await new Response(body, { headers: { 'content-type': headers['content-type']! } }).formData();
    expect(form.get('title')).toBe('Größe');
    const photo = form.get('photo') as File;
    expect([photo.name, photo.type]).toEqual(['a b.png', 'image/png']);
    expect(Buffer.from(await photo.arrayBuffer()).equals(file)).toBe(true);
  });
});

describe('the answer', () => {
  const bytes = Buffer.from([0, 1, 254, 255]);

  it.each<[HttpRequest['expect'], string, string | Buffer, unknown]>([
    ['auto', 'application/json; charset=utf-8', '{"a":[1]}', { a: [1] }],
    ['auto', 'application/problem+json', '{"a":1}', { a: 1 }],
    ['auto', 'application/json', '', null],
    ['auto', 'text/html', '<p>hi', '<p>hi'],
    ['auto', 'application/xml', '<a/>', '<a/>'],
    ['auto', 'image/png', bytes, bytes.toString('base64')],
    ['auto', '', 'plain', 'plain'],
    ['json', 'text/plain', '{"a":1}', { a: 1 }],
    ['json', 'text/plain', '', null],
    ['text', 'application/json', '{"a":1}', '{"a":1}'],
    ['base64', 'text/plain', bytes, bytes.toString('base64')],
  ])('is read as %s from %j', async (expect_, type, body, result) => {
    answers['/'] = answering(body, type === '' ? {} : { 'content-type': type });
    expect(resultOf(await call('/', { expect: expect_ }))).toMatchObject({ status: 200, body: result });
  });

  it('that is not the JSON that was expected fails the step, and shows what came instead', async () => {
    answers['/'] = answering('<h1>Down for\n maintenance</h1>', { 'content-type': 'text/html' });
    expect(await call('/', { expect: 'json' })).toMatchObject({
      kind: 'failed',
      problem: {
        code: 'http.failed',
        detail: `${host} answered with something that is not JSON (text/html): <h1>Down for maintenance</h1>`,
      },
    });
  });

  it.each([
    ['its own limit', { maxBytes: 1000 }, 1000],
    ["the executor's limit", {}, MAX_ANSWER_BYTES],
    ["the executor's limit, whatever it allows itself", { maxBytes: 10 * MAX_ANSWER_BYTES }, MAX_ANSWER_BYTES],
  ])('is cut off at %s, without being held in memory', async (_, more, limit) => {
    const total = 1024 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const ended = new Promise<void>((resolve) => {
      answers['/endless'] = (response) => {
        response.writeHead(200, { 'content-length': String(total) });
        response.on('close', resolve);
        const pump = (): void => {
          while (sent < total && !response.destroyed) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', pump);
          }
        };
        pump();
      };
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await call('/endless', more)).toMatchObject({
      kind: 'failed',
      canRetry: false,
      problem: { code: 'http.too_large', detail: expect.stringContaining(`more than ${limit} bytes`) },
    });
    await ended;
    // What the sockets' buffers on both sides took in; nothing near the 1 GB that was promised.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('may be exactly as long as the limit', async () => {
    answers['/'] = answering('x'.repeat(1000));
    expect(resultOf(await call('/', { maxBytes: 1000 })).body).toHaveLength(1000);
    expect(await call('/', { maxBytes: 999 })).toMatchObject({ problem: { code: 'http.too_large' } });
  });
});

describe('an answer with an error', () => {
  it('fails the step with its status and the beginning of what it says', async () => {
    answers['/'] = answering(`{"error": "amount missing"} ${'x'.repeat(2_000_000)}`, {}, 422);
    const outcome = await call('/');
    expect(outcome).toMatchObject({ kind: 'failed', canRetry: false, problem: { code: 'http.status', status: 422 } });
    const { detail } = (outcome as { problem: { detail: string } }).problem;
    expect(detail).toContain(`${host} answered 422: {"error": "amount missing"}`);
    expect(detail.length).toBeLessThan(400);
  });

  it.each([429, 503])('of %i says when to come again, in seconds or by a date', async (status) => {
    answers['/seconds'] = answering('', { 'retry-after': '7' }, status);
    expect(await call('/seconds')).toMatchObject({ kind: 'failed', canRetry: true, retryAfterMs: 7_000 });
    answers['/date'] = answering('', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, status);
    const { retryAfterMs } = (await call('/date')) as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
    answers['/never'] = answering('', { 'retry-after': 'whenever' }, status);
    expect(await call('/never')).not.toHaveProperty('retryAfterMs');
  });

  it('is the result where errors are data', async () => {
    answers['/json'] = answering('{"code":7}', { 'content-type': 'application/json' }, 409);
    expect(resultOf(await call('/json', { errors: 'data' }))).toMatchObject({ status: 409, body: { code: 7 } });
    answers['/page'] = answering('<h1>Bad gateway</h1>', { 'content-type': 'text/html' }, 502);
    expect(resultOf(await call('/page', { errors: 'data', expect: 'json' }))).toMatchObject({
      status: 502,
      body: '<h1>Bad gateway</h1>',
    });
  });
});

describe('no answer', () => {
  it('in time', async () => {
    answers['/silent'] = () => {};
    answers['/stalls'] = (response) => response.writeHead(200).write('beginning');
    for (const path of ['/silent', '/stalls']) {
      expect(await call(path, { timeoutMs: 50 })).toMatchObject({
        kind: 'failed',
        canRetry: true,
        problem: { code: 'http.timeout', detail: `${host} did not answer within 50 ms` },
      });
    }
  });

  it('because nobody listens', async () => {
    const gone = await startServer();
    await new Promise((resolve) => servers.pop()!.close(resolve));
    const { outcome } = await performer([gone])({ kind: 'http', request: requestOf(`http://${gone}/`) }, anOccasion());
    expect(outcome).toMatchObject({
      kind: 'failed',
      canRetry: true,
      problem: { code: 'http.failed', detail: `${gone} could not be reached (ECONNREFUSED)` },
    });
  });

  it('because the step was interrupted: its problem is the reason, if that is one', async () => {
    for (const [reason, code] of [
      [new Failure('step.timeout', { detail: 'longer than 2 s' }), 'step.timeout'],
      [undefined, 'http.failed'],
    ] as const) {
      const interruption = new AbortController();
      const left = new Promise((resolve) => {
        answers['/silent'] = (response) => {
          response.on('close', resolve);
          interruption.abort(reason);
        };
      });
      const occasion = anOccasion({ signal: () => interruption.signal });
      expect(await call('/silent', {}, occasion)).toMatchObject({ kind: 'failed', problem: { code } });
      await left;
    }
  });
});
