import { Failure } from '@nightshift/contracts';
import { makeLogger } from '@nightshift/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let key: string;
let log = '';

beforeAll(async () => {
  gateway = await openTestGateway({
    logger: makeLogger({ app: 'test', level: 'trace', destination: { write: (line) => void (log += line) } }),
    // What comes back is logged: it quotes what was asked for.
    data: (request) => {
      throw new Failure('platform.bug', { cause: new Error(`cannot do ${JSON.stringify(request)}`) });
    },
  });
  ({ key } = await gateway.client.keys.create({ name: 'logged', role: 'admin' }));
});
afterAll(() => gateway?.close());

it('a key is in no line of the log, wherever somebody puts it', async () => {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(gateway.url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });
  const json = { 'content-type': 'application/json' };
  const statuses = [
    await ask(`/v1/things/note/${key}`),
    await ask(`/v1/things/note/x?key=${key}`),
    await ask('/v1/things/note', { method: 'POST', headers: json, body: JSON.stringify({ key }) }),
    await ask('/v1/things/note/search', { method: 'POST', headers: json, body: JSON.stringify({ where: { key } }) }),
    await ask('/v1/things/note/x', {
      headers: { 'x-request-id': key, 'idempotency-key': key, 'nightshift-user': key },
    }),
    await ask('/v1/things/note', {
      method: 'POST',
      headers: { ...json, 'idempotency-key': key },
      body: `{"a":"${key}`,
    }),
    await fetch(`${gateway.url}/v1/runs`, { headers: { authorization: `Basic ${key}` } }),
    await fetch(`${gateway.url}/v1/events?access_token=${key}`),
  ].map(({ status }) => status);
  expect(statuses.filter((status) => status >= 500).length).toBeGreaterThan(0);
  expect(log).toContain('request failed');
  // Its secret part; what comes before it is its id.
  expect(log).not.toContain(key);
  expect(log).not.toContain(key.split('_')[2]!);
});

it('what stands in a header is hidden even where somebody logs it', () => {
  let line = '';
  const logger = makeLogger({ app: 'test', level: 'info', destination: { write: (text) => void (line += text) } });
  logger.info({ headers: { authorization: 'Bearer the-admin-key' }, note: 'sent Bearer the-admin-key' }, 'asked');
  logger.warn({ req: { headers: { authorization: 'the-admin-key' } } }, 'asked');
  expect(line).not.toContain('the-admin-key');
  expect(
    line
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text) as unknown),
  ).toHaveLength(2);
});
