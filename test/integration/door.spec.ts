import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

const ORIGIN = 'https://app.example.com';
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway({
    settings: {
      NIGHTSHIFT_CORS_ORIGINS: `${ORIGIN}, https://other.example.com`,
      NIGHTSHIFT_TRUSTED_PROXIES: '10.0.0.0/8',
      NIGHTSHIFT_BODY_MAX_BYTES: '2048',
      NIGHTSHIFT_HEADERS_TIMEOUT_MS: '300',
      NIGHTSHIFT_BODY_TIMEOUT_MS: '300',
    },
  });
});
afterAll(() => gateway?.close());

describe('scripts of other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${gateway.url}/v1/workflows/x/runs`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });

  it('may ask if the origin is one of those that are named', async () => {
    const { status, headers } = await preflight(ORIGIN);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-headers')).toContain('authorization');
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await gateway.call('GET', '/v1/workflows', undefined, { origin: ORIGIN });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('access-control-expose-headers')).toContain('ratelimit');
  });

  it('may read what they are refused with', async () => {
    const response = await fetch(`${gateway.url}/v1/workflows`, { headers: { origin: ORIGIN } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  it('are kept out otherwise', async () => {
    const { headers } = await preflight('https://evil.example.com');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('every answer', () => {
  it('has the id of its request, and is not to be guessed at', async () => {
    for (const path of ['/v1/workflows', '/nothing', '/healthz', '/v1/runs/%zz']) {
      const { headers } = await gateway.call('GET', path, undefined, { 'x-request-id': 'mine-17' });
      expect(headers.get('x-request-id'), path).toBe('mine-17');
      expect(headers.get('x-powered-by')).toBeNull();
    }
    const { headers } = await gateway.call('GET', '/v1/workflows');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it.each(['', 'with blank', 'x'.repeat(129), 'q"uote'])(
    'has an id of ours where the given one is %j',
    async (given) => {
      const { headers } = await gateway.call('GET', '/v1/workflows', undefined, { 'x-request-id': given });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('what a proxy says', () => {
  it('is not believed of whoever is no proxy of ours', async () => {
    await gateway.call('DELETE', '/v1/mailbox', undefined, {
      'x-forwarded-for': '192.0.2.1',
      'x-request-id': 'no-proxy',
    });
    const { items } = await gateway.client.audit.search({ operation: 'mailbox.clear' });
    expect(items.find(({ requestId }) => requestId === 'no-proxy')).toMatchObject({ address: '127.0.0.1' });
  });
});

/** All that comes back on a connection, until it is closed. */
const talk = (speak: (write: (text: string) => void) => void): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(heard);
    });
    // A sender that never ends: one byte and one byte more.
    const timer = setInterval(() => socket.write('a'), 50);
    speak((text) => socket.write(text));
  });
const head = `POST /v1/workflows/x/runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-type: application/json\r\n`;

describe('who sends too slowly is cut off', () => {
  it('with the headers', async () => {
    const heard = await talk((write) => write('GET /v1/workflows HTTP/1.1\r\nhost: x\r\nx-slow: '));
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(heard).toContain('"code":"request.too_slow"');
  });

  it.each([
    ['of a length', 'content-length: 1000\r\n\r\n'],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n3e8\r\n'],
  ])('with a body %s', async (_, more) => {
    const heard = await talk((write) => write(head + more));
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(heard).toContain('"code":"request.too_slow"');
  });

  it('with an upload, which may take as long as it goes on', async () => {
    await gateway.client.workflows.save('many', { workflow: 'many', do: [{ a: { set: 1 } }] });
    await gateway.client.workflows.publish('many');
    const upload = head.replace('/workflows/x/runs', '/workflows/many/lists').replace('json', 'x-ndjson');
    const heard = await talk((write) => write(`${upload}transfer-encoding: chunked\r\n\r\n3e8\r\n`));
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    let rows = 0;
    const startedAt = Date.now();
    const response = await fetch(`${gateway.url}/v1/workflows/many/lists`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/x-ndjson' },
      body: new ReadableStream({
        async pull(controller) {
          if (Date.now() - startedAt > 1_500) return controller.close();
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.enqueue(Buffer.from(`{"n":${rows++}}\n`.repeat(20)));
        },
      }),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ total: rows * 20 });
  });

  it('and others are served meanwhile', async () => {
    const slow = Array.from({ length: 50 }, () => talk((write) => write(`${head}content-length: 1000\r\n\r\n`)));
    expect((await gateway.call('GET', '/v1/workflows')).status).toBe(200);
    await Promise.all(slow);
  });
});

it('a body is as large as the settings say', async () => {
  const response = await gateway.call('POST', '/v1/workflows/many/runs', { parameters: { text: 'x'.repeat(3_000) } });
  expect(response.status).toBe(413);
});
