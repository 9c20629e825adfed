import { connectGateway, GatewayConfigSchema } from '@nightshift/gateway';
import { makeLogger, openService, readConfig } from '@nightshift/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { openRoad } from './road.ts';

let gateway: TestGateway;
let other: { url: string };
let executor: { close(): void };
let keys = 0;
const newKey = (): string => `key-${++keys}`;

const publish = async (name: string, more: object = {}): Promise<void> => {
  await gateway.client.workflows.save(name, {
    workflow: name,
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    do: [{ made: { set: 1 } }],
    ...more,
  });
  await gateway.client.workflows.publish(name);
};

interface Post {
  key: string;
  body?: unknown;
  to?: string;
  method?: string;
  headers?: Record<string, string>;
}

const post = (path: string, { key, body, to = gateway.url, method = 'POST', headers }: Post): Promise<Response> =>
  fetch(to + path, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      'idempotency-key': key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;
const isReplayed = ({ headers }: Response): boolean => headers.get('idempotency-replayed') === 'true';
const runsOf = async (workflow: string): Promise<number> =>
  (await gateway.client.runs.search({ workflow })).items.length;

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  other = await gateway.openAnother();
  for (const name of ['count', 'wait', 'refuse', 'later', 'idle-dying', 'endpoint', 'broken'])
    await publish(name, { expose: { auth: 'none' } });
  await publish('list');
  await publish('upload');
  executor = standInForExecutor(gateway, ({ workflow, parameters }) => {
    if (workflow.startsWith('idle')) return undefined;
    if (workflow === 'broken')
      return {
        type: 'RunFailed',
        data: { problem: { type: 'about:blank', title: 'No', status: 500, code: 'step.raised' } },
      };
    return { type: 'RunSucceeded', data: { result: parameters } };
  });
});
afterAll(async () => {
  executor?.close();
  await gateway?.close();
});

describe('the same request with the same key', () => {
  it('is one run, a hundred times at once, through any gateway', async () => {
    const key = newKey();
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        post('/v1/workflows/count/runs', {
          key,
          body: { parameters: { n: 1 } },
          to: index % 2 === 0 ? gateway.url : other.url,
        }),
      ),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(await Promise.all(responses.map((response) => response.text()))).size).toBe(1);
    expect(responses.filter((response) => !isReplayed(response))).toHaveLength(1);
    expect(await runsOf('count')).toBe(1);
  });

  it('gets the outcome again that its caller waited for', async () => {
    const key = newKey();
    const ask = () => post('/v1/workflows/wait/runs?wait=20s', { key, body: { parameters: { n: 7 } } });
    const first = await ask();
    const again = await ask();
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(await again.json()).toEqual(await first.json());
    expect([isReplayed(first), isReplayed(again)]).toEqual([false, true]);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  });

  it('makes one schedule, thing, list and event, and moves a schedule once', async () => {
    const ask = async (path: string, body: unknown, method = 'POST'): Promise<unknown> => {
      const key = newKey();
      const [first, again] = [
        await post(path, { key, body, method }),
        await post(path, { key, body, to: other.url, method }),
      ];
      expect([first.ok, isReplayed(again)]).toEqual([true, true]);
      const answer: unknown = await first.json();
      expect(await again.json()).toEqual(answer);
      return answer;
    };
    await gateway.client.types.declare('notes', { text: { kind: 'text' } });
    await ask('/v1/things/notes', { text: 'once' });
    expect((await gateway.client.things.search('notes', {})).items).toHaveLength(1);

    const made = await ask('/v1/workflows/later/schedules', { in: { hours: 1 }, parameters: { n: 1 } });
    const { scheduleId, dueAt } = made as { scheduleId: string; dueAt: string };
    expect((await gateway.client.schedules.list({ workflow: 'later' })).items).toHaveLength(1);
    await ask(`/v1/schedules/${scheduleId}`, { by: { hours: 1 } }, 'PATCH');
    expect(Date.parse((await gateway.client.schedules.get(scheduleId)).dueAt)).toBe(Date.parse(dueAt) + 3_600_000);

    await ask('/v1/workflows/list/lists', { items: [1, 2, 3], as: 'n' });
    await ask('/v1/runs/cancel', { where: { workflow: 'later' } });
  });

  it('gets the answer of an endpoint that anybody may call, and starts no other run when the first failed', async () => {
    const key = newKey();
    const call = (path: string) => post(path, { key: `${key}${path}`, body: { n: 3 }, headers: { authorization: '' } });
    expect(await (await call('/wf/endpoint')).json()).toEqual({ n: 3 });
    expect(isReplayed(await call('/wf/endpoint'))).toBe(true);
    expect(await runsOf('endpoint')).toBe(1);
    const [first, again] = [await call('/wf/broken'), await call('/wf/broken')];
    expect([first.status, again.status]).toEqual([500, 500]);
    expect(again.headers.get('nightshift-run-id')).toBe(first.headers.get('nightshift-run-id'));
    expect(await runsOf('broken')).toBe(1);
  });
});

describe('another request with the same key', () => {
  it.each([
    ['body', '/v1/workflows/count/runs', { parameters: { n: 2 } }],
    ['query', '/v1/workflows/count/runs?wait=1s', { parameters: { n: 1 } }],
    ['path', '/v1/workflows/wait/runs', { parameters: { n: 1 } }],
  ])('is refused: its %s differs', async (_, path, body) => {
    const key = newKey();
    expect((await post('/v1/workflows/count/runs', { key, body: { parameters: { n: 1 } } })).status).toBe(202);
    const response = await post(path, { key, body });
    expect([response.status, await codeOf(response)]).toEqual([422, 'idempotency.key_reused']);
  });

  it('may have it if the first was refused: nothing came of that', async () => {
    const key = newKey();
    const refused = await post('/v1/workflows/refuse/runs', { key, body: { parameters: { n: 'x' } } });
    expect(refused.status).toBe(400);
    const right = await post('/v1/workflows/refuse/runs', { key, body: { parameters: { n: 1 } } });
    expect([right.status, isReplayed(right)]).toEqual([202, false]);
    expect(await runsOf('refuse')).toBe(1);
  });

  it.each(['', 'with blank', 'x'.repeat(256), '\u00e9'])('cannot be said with the key %j', async (key) => {
    const response = await post('/v1/workflows/count/runs', { key, body: { parameters: { n: 1 } } });
    expect([response.status, await codeOf(response)]).toEqual([400, 'request.invalid']);
  });
});

describe('an upload', () => {
  const upload = (key: string, lines: string, to = gateway.url): Promise<Response> =>
    post('/v1/workflows/upload/lists?as=n', {
      key,
      body: lines,
      to,
      headers: { 'content-type': 'application/x-ndjson' },
    });
  const lines = Array.from({ length: 5_000 }, (_, n) => n).join('\n');

  it('is one list, a hundred times at once', async () => {
    const key = newKey();
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => upload(key, lines, index % 2 === 0 ? gateway.url : other.url)),
    );
    const answers = await Promise.all(responses.map((response) => response.json()));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => (answer as { listId: string }).listId)).size).toBe(1);
    expect(answers[0]).toMatchObject({ total: 5_000 });
    const different = await upload(key, `${lines}\n1`);
    expect([different.status, await codeOf(different)]).toEqual([422, 'idempotency.key_reused']);
  });

  it('that was refused for a line may be sent again, corrected', async () => {
    const key = newKey();
    expect((await upload(key, '1\n"two"\n3')).status).toBe(400);
    const corrected = await upload(key, '1\n2\n3');
    expect([corrected.status, await corrected.json()]).toMatchObject([202, { total: 3 }]);
  });
});

describe('a gateway that dies with a request in its hands', () => {
  it('leaves it to the next one, which meets what it has made', async () => {
    const roads = [await openRoad(gateway.databaseUrl), await openRoad(gateway.nats.url)];
    const config = readConfig(GatewayConfigSchema, {
      NIGHTSHIFT_HTTP_PORT: '0',
      NIGHTSHIFT_NATS_URL: roads[1]!.url,
      NIGHTSHIFT_LEDGER_URL: roads[0]!.url,
      NIGHTSHIFT_ADMIN_KEY: ADMIN_KEY,
    });
    const dying = await openService(
      await connectGateway(config, makeLogger({ app: 'test', level: 'silent' as never })),
    );
    const key = newKey();
    const ask = (to: string) =>
      post('/v1/workflows/idle-dying/runs?wait=2s', { key, body: { parameters: { n: 1 } }, to });
    const lost = ask(dying.url).catch(() => undefined);
    await expect.poll(() => runsOf('idle-dying'), { timeout: 10_000 }).toBe(1);
    for (const road of roads) road.cut();

    const answered = await ask(other.url);
    const { items } = await gateway.client.runs.search({ workflow: 'idle-dying' });
    expect(items).toHaveLength(1);
    expect([answered.status, await answered.json()]).toMatchObject([202, { runId: items[0]!.id }]);
    expect(isReplayed(answered)).toBe(false);
    for (const road of roads) road.mend();
    await lost;
    await dying.close();
    await Promise.all(roads.map((road) => road.close()));
  });
});
