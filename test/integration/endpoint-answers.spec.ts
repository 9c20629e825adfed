import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type Document, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

const given = [{ nothing: { set: null } }];
const publish = (name: string, expose: object, more: Partial<Document> = {}): Promise<number> =>
  platform.publish(name, { do: given, return: '=parameters', ...more, expose: { auth: 'none', ...expose } });

beforeAll(async () => {
  platform = await openTestPlatform();
}, 60_000);
afterAll(() => platform?.close());

const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${platform.url}${path.startsWith('/') ? path : `/wf/${path}`}`, {
    method: 'POST',
    redirect: 'manual',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const shown = async (answer: Response, ...names: string[]): Promise<unknown[]> => [
  answer.status,
  ...names.map((name) => answer.headers.get(name)),
  await answer.text(),
];
const failing = {
  do: [{ no: { raise: { title: 'No stock', detail: 'None & nothing', status: 409, type: 'stock.empty' } } }],
};

describe('what a workflow returns', () => {
  it('is JSON, unless it is to be something else', async () => {
    await publish('as-text', { answer: { type: 'text' } }, { return: '="Hello " & parameters.name' });
    await publish(
      'as-page',
      { answer: { type: 'text/html', status: 203, headers: { 'cache-control': 'max-age=5' } } },
      { return: '="<p>" & parameters.name' },
    );
    await publish('as-said', { answer: { status: '=result.code' } }, { return: { code: '=parameters.code' } });
    expect(await shown(await post('as-text', { name: 'Ada' }), 'content-type', 'cache-control')).toEqual([
      200,
      'text/plain; charset=utf-8',
      'no-store',
      'Hello Ada',
    ]);
    expect(
      await shown(
        await post('as-page', { name: 'Ada' }),
        'content-type',
        'cache-control',
        'x-content-type-options',
        'content-security-policy',
      ),
    ).toEqual([203, 'text/html', 'max-age=5', 'nosniff', expect.stringContaining('sandbox'), '<p>Ada']);
    expect(await shown(await post('as-said', { code: 418 }), 'content-type')).toEqual([
      418,
      'application/json; charset=utf-8',
      '{"code":418}',
    ]);
    expect(await shown(await post('as-said', { code: 204 }))).toEqual([204, '']);
    const refused = await post('as-said', { code: 99 });
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'endpoint.answer_refused' }]);
  });

  it('is whole, however long, and comes line by line for who wants it so', async () => {
    await publish(
      'long-list',
      {},
      { return: '=[1..30000].{"n": $, "text": "a text of a list that is longer than a message"}' },
    );
    const whole = (await (await post('long-list')).json()) as unknown[];
    expect(whole).toHaveLength(30_000);
    const lines = await post('long-list', {}, { accept: 'application/x-ndjson' });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const text = await lines.text();
    expect(text.length).toBeGreaterThan(1_100_000);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(whole);
    // Whoever waits in another way gets it too, and nobody has died of it.
    const key = { authorization: `Bearer ${platform.adminKey}` };
    const run = (await (await post('/v1/workflows/long-list/runs?wait=20s', {}, key)).json()) as { result: unknown };
    expect(run.result).toEqual(whole);
  }, 30_000);
});

describe('a redirect', () => {
  const hosts = ['shop.example.com'];

  it('leads to a path, or to a host that is declared', async () => {
    await publish('to-page', {
      methods: ['GET', 'POST'],
      answer: { redirect: '="/thanks?order=" & result.order', status: 303 },
    });
    await publish('to-shop', { answer: { redirect: '=parameters.to', hosts } });
    expect(await shown(await post('to-page', { order: 7 }), 'location')).toEqual([303, '/thanks?order=7', '']);
    expect(await shown(await post('to-shop', { to: 'https://shop.example.com/a' }), 'location')).toEqual([
      302,
      'https://shop.example.com/a',
      '',
    ]);
    for (const to of [
      'https://evil.example.com',
      '//evil.example.com',
      '/\\evil.example.com',
      'javascript:alert(1)',
      'https://a@shop.example.com',
      '/a\r\nset-cookie: a=b',
      'https://shop.example.com.evil.com',
      7,
    ]) {
      const answer = await post('to-shop', { to });
      expect([to, answer.status, answer.headers.get('location')]).toEqual([to, 500, null]);
    }
  });

  it('tells of a failure what it is', async () => {
    await publish(
      'to-sorry',
      { answer: { redirect: '/thanks', onError: { redirect: '="/sorry?from=" & run.id & "#top"' } } },
      failing,
    );
    const answer = await post('to-sorry');
    const location = new URL(answer.headers.get('location')!, 'http://here');
    expect([answer.status, location.pathname, location.hash, Object.fromEntries(location.searchParams)]).toEqual([
      302,
      '/sorry',
      '#top',
      { from: answer.headers.get('nightshift-run-id'), statusCode: '409', message: 'None & nothing' },
    ]);
    await publish('said-status', { answer: { onError: { status: '=error.status' } } }, failing);
    const problem = await post('said-status');
    expect([problem.status, await problem.json()]).toMatchObject([
      409,
      { status: 409, code: 'run.failed', cause: { title: 'No stock' } },
    ]);
  });

  it.each([
    [
      'a literal one to an unknown host',
      { answer: { redirect: 'https://else.example.com/' } },
      {},
      '/expose/answer/redirect',
    ],
    ['one that is no address', { answer: { redirect: 'javascript:alert(1)' } }, {}, '/expose/answer/redirect'],
    [
      'one of a step',
      {},
      { do: [{ out: { respond: { redirect: 'https://else.example.com/' } } }] },
      '/do/0/out/respond/redirect',
    ],
    [
      'a header that frames the answer',
      { answer: { headers: { 'content-length': '5' } } },
      {},
      '/expose/answer/headers/content-length',
    ],
    ['a header that is a secret', { headers: ['authorization'] }, {}, '/expose/headers/0'],
    ['a path with what is no part of one', { path: '/a/{b c}' }, {}, '/expose/path'],
    [
      'a parameter that the workflow has not',
      { path: '/{id}' },
      { parameters: { type: 'object', properties: {}, additionalProperties: false } },
      '/expose/path',
    ],
    ['a condition over what is not there yet', { when: 'result.x' }, {}, '/expose/when'],
    ['a wait that is too long', { timeout: { minutes: 6 } }, {}, '/expose/timeout'],
    ['a signature and a role', { signature: { source: 's' }, auth: 'admin' }, {}, '/expose/auth'],
  ])('and the rest of expose is checked when it is saved: %s', async (_, expose, more, pointer) => {
    await expect(publish('wrong', expose, more)).rejects.toMatchObject({
      code: 'workflow.invalid',
      problem: { errors: [{ pointer }] },
    });
  });
});

describe('who does not wait', () => {
  const released = (key: string) =>
    post(
      '/v1/events',
      { specversion: '1.0', id: key, source: '/test', type: 'go', subject: key },
      { authorization: `Bearer ${platform.adminKey}`, 'content-type': 'application/cloudevents+json' },
    );
  const waiting = {
    do: [{ held: { waitFor: { event: 'go', key: '=parameters.key' } } }],
    return: '={"done": parameters.key}',
  };
  const accepted = async (answer: Response) => {
    expect(answer.status).toBe(202);
    const body = (await answer.json()) as { runId: string; statusUrl: string; answerUrl: string };
    expect(answer.headers.get('location')).toBe(body.statusUrl);
    return body;
  };

  it.each<[string, object, Record<string, string>]>([
    ['because the endpoint is so', { mode: 'accepted' }, {}],
    ['because he said so', {}, { prefer: 'respond-async' }],
    ['because he said for how long', {}, { prefer: 'wait=0' }],
    ['because it took too long', { timeout: { seconds: 1 } }, {}],
  ])('is told where to look, and needs no key for it: %s', async (key, expose, headers) => {
    const name = 'slow';
    await publish(name, { ...expose, answer: { redirect: '="/done/" & $length(result.done)' } }, waiting);
    const { runId, statusUrl, answerUrl } = await accepted(await post(name, { key }, headers));
    const status = (await (await fetch(platform.url + statusUrl)).json()) as object;
    expect(Object.keys(status)).toContain('status');
    const later = await fetch(platform.url + answerUrl, { redirect: 'manual' });
    expect([later.status, later.headers.get('retry-after')]).toEqual([202, '1']);
    await released(key);
    await platform.ended(runId);
    // By the version that ran, whatever is published since.
    await publish(name, {});
    expect(await shown(await fetch(platform.url + answerUrl, { redirect: 'manual' }), 'location')).toEqual([
      302,
      `/done/${key.length}`,
      '',
    ]);
    const forged = answerUrl.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    expect((await fetch(platform.url + forged)).status).toBe(404);
    // A link to the progress opens no answer.
    expect((await fetch(platform.url + statusUrl.replace('progress', 'answers'))).status).toBe(404);
  });

  it('is shown the run itself if he has a key', async () => {
    await publish('slow-for-key', { auth: 'admin', mode: 'accepted' }, { do: given });
    const { runId, statusUrl } = await accepted(
      await post('slow-for-key', {}, { authorization: `Bearer ${platform.adminKey}` }),
    );
    expect(statusUrl).toBe(`/v1/runs/${runId}`);
  });

  it('is answered early by a step, while the run goes on', async () => {
    await publish(
      'early',
      {},
      {
        do: [
          {
            taken: {
              respond: {
                status: 201,
                type: 'text',
                body: '="taken " & parameters.key',
                headers: { 'x-request-id': 'r9' },
              },
            },
          },
          ...waiting.do,
          { again: { respond: { body: 'too late' } } },
        ],
      },
    );
    const answer = await post('early', { key: 'early-1' });
    const runId = answer.headers.get('nightshift-run-id')!;
    expect(await shown(answer, 'content-type', 'x-request-id')).toEqual([
      201,
      'text/plain; charset=utf-8',
      'r9',
      'taken early-1',
    ]);
    expect((await platform.client.runs.get(runId)).status).not.toBe('succeeded');
    await released('early-1');
    expect((await platform.ended(runId)).status).toBe('succeeded');
    expect(await platform.story(runId)).toEqual(expect.arrayContaining(['AnswerGiven taken', 'AnswerGiven again']));
  });

  it('gets an early answer once, under one key', async () => {
    await publish(
      'early-once',
      {},
      { do: [{ taken: { respond: { body: '=run.id' } } }, { pause: { wait: { seconds: 1 } } }] },
    );
    const key = { 'idempotency-key': 'one-and-only' };
    const [one, other] = await Promise.all([post('early-once', {}, key), post('early-once', {}, key)]);
    expect(await one!.json()).toBe(await other!.json());
  });

  it('waits for the end with `?wait`, whatever a step answers', async () => {
    await publish(
      'both',
      {},
      { do: [{ taken: { respond: { body: 'early' } } }, { pause: { wait: 'PT0.3S' } }], return: 'end' },
    );
    const answer = await post('/v1/workflows/both/runs?wait=10s', {}, { authorization: `Bearer ${platform.adminKey}` });
    expect(await answer.json()).toMatchObject({ status: 'succeeded', result: 'end' });
    expect(await (await post('both')).json()).toBe('early');
  });
});

describe('an early answer reaches its caller', () => {
  // So long that nobody is told by the ledger when his time is over.
  const expose = { auth: 'none', timeout: { minutes: 5 } };
  const early = {
    do: [{ taken: { respond: { body: 'taken' } } }, { held: { waitFor: { event: 'never', key: '=run.id' } } }],
  };

  it('although the executor that gave it died before it told him', async () => {
    const dying = await openTestPlatform({ executors: 0 });
    try {
      await dying.publish('early', { ...early, expose });
      // The commit of the answer stands still until the executor is cut off.
      await dying.query(`CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.type = 'AnswerGiven' THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF; RETURN NEW; END $$`);
      await dying.query(
        `CREATE TRIGGER hold BEFORE INSERT ON nightshift.run_events FOR EACH ROW EXECUTE FUNCTION public.hold()`,
      );
      const holder = new pg.Client(dying.databaseUrl);
      await holder.connect();
      await holder.query('SELECT pg_advisory_lock(4711)');
      const first = await dying.openExecutor();
      const waiting = fetch(`${dying.url}/wf/early`, { method: 'POST' });
      const isHeld = "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
      await waitFor(async () => (await dying.query(isHeld)).length > 0);
      first.cut();
      await holder.end();
      await waitFor(
        async () => (await dying.query("SELECT FROM nightshift.run_events WHERE type = 'AnswerGiven'")).length > 0,
      );
      await dying.openExecutor();
      expect(await (await waiting).json()).toBe('taken');
    } finally {
      await dying.close();
    }
  }, 60_000);

  it('although NATS died while he waited', async () => {
    const shaken = await openTestPlatform();
    try {
      const hold = { before: { waitFor: { event: 'go', key: 'go' } } };
      await shaken.publish('early', { do: [hold, ...early.do], expose });
      const waiting = fetch(`${shaken.url}/wf/early`, { method: 'POST' });
      await waitFor(
        async () => (await shaken.query("SELECT FROM nightshift.run_events WHERE type = 'WaitStarted'")).length > 0,
      );
      await shaken.nats.kill();
      await shaken.client.sendEvent({ id: '1', source: '/test', type: 'go', subject: 'go' });
      await shaken.nats.restart();
      expect(await (await waiting).json()).toBe('taken');
    } finally {
      await shaken.close();
    }
  }, 60_000);
});
