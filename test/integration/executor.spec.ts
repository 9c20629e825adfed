import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  dispatchId,
  dispatchText,
  requests,
  signals,
  streams,
  subjects,
  type DataRequest,
  type RunFeedEvent,
  type RunOutcome,
  type RunView,
} from '@nightshift/contracts';
import { newId, openLedger, type Ledger, type RequestedRun } from '@nightshift/ledger';
import { connectBus, type Bus, type Feed } from '@nightshift/messaging';
import { createTestDatabase, testServers, waitFor, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestExecutor } from './test-executor.ts';

let database: TestDatabase;
let ledger: Ledger;
let scheduler: Ledger;
let gateway: Ledger;
let bus: Bus;
let feed: Feed;
let stub: Server;
let stubUrl: string;
const services: (() => Promise<unknown>)[] = [];
const published: RunFeedEvent[] = [];
const outcomes: RunOutcome[] = [];
const dataKeys: string[] = [];
let stubAnswers: { status: number; headers?: Record<string, string> }[] = [];
const stubCalls: { key: string | undefined; at: number }[] = [];

const openExecutor = async (): Promise<void> => {
  const executor = await openTestExecutor(database, { config: { NIGHTSHIFT_EGRESS_ALLOW: new URL(stubUrl).host } });
  services.push(() => executor.close());
};

const publish = async (name: string, document: Record<string, unknown>): Promise<number> => {
  await gateway.workflows.saveDraft(name, { workflow: name, ...document });
  const { version } = await gateway.workflows.publish(name);
  bus.send(signals.workflows, { workflow: name });
  return version;
};

const dispatch = (run: RequestedRun, copy = ''): void =>
  bus.publish(
    subjects.dispatch,
    dispatchText({ runId: run.runId, version: 1, requested: { at: run.at, data: run.requested } }),
    { id: dispatchId({ runId: run.runId, version: 1 }) + copy },
  );

const request = async (workflow: string, parameters: Record<string, unknown> = {}): Promise<RequestedRun> => {
  const runId = newId(Date.now());
  const run: RequestedRun = {
    runId,
    at: new Date().toISOString(),
    requested: {
      workflow,
      workflowVersion: (await gateway.workflows.find(workflow))!.publishedVersion!,
      parameters,
      cause: { kind: 'api' },
      chainId: runId,
      iteration: 1,
      depth: 0,
      waiter: 'tester',
    },
  };
  await gateway.runs.request(run);
  return run;
};

/** Starts a run and plays the scheduler until it has ended. */
const run = async (workflow: string, parameters: Record<string, unknown> = {}): Promise<RunView> => {
  const requested = await request(workflow, parameters);
  dispatch(requested);
  return ended(requested.runId);
};

const ended = (runId: string): Promise<RunView> =>
  waitFor(
    async () => {
      const due = await scheduler.timers.upcoming(new Date(), 100);
      for (const ready of await scheduler.timers.fire(due, new Date())) {
        bus.publish(subjects.dispatch, dispatchText(ready), { id: dispatchId(ready) });
      }
      const view = await gateway.runs.find(runId);
      return view?.finishedAt ? view : undefined;
    },
    { timeoutMs: 10_000, describe: `run ${runId} to end` },
  ) as Promise<RunView>;

/** How many transactions wrote the run's history: the request is one of them. */
const commitsOf = async (runId: string): Promise<number> => {
  const client = new pg.Client(database.url);
  await client.connect();
  const { rows } = await client.query<{ commits: number }>(
    'SELECT count(DISTINCT xmin::text)::int AS commits FROM nightshift.run_events WHERE run_id = $1',
    [runId],
  );
  await client.end();
  return rows[0]!.commits;
};

const history = async (runId: string): Promise<string[]> =>
  (await ledger.runs.events(runId)).map(({ type, data }) => ('step' in data ? `${type} ${data.step}` : type));

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test' });
  scheduler = await openLedger({ url: database.serviceUrls.scheduler, applicationName: 'test' });
  gateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test' });
  bus = await connectBus({ url: testServers().natsUrl, name: 'test' });
  await bus.ensureStreams(Object.values(streams));
  feed = await bus.follow(streams.runEvents, {
    from: 'new',
    onMessage: ({ text }) => published.push(JSON.parse(text) as RunFeedEvent),
  });
  bus.subscribe(subjects.outcome('tester'), (outcome) => outcomes.push(outcome as RunOutcome));
  const data = bus.serve(
    requests.data,
    (body) => {
      const asked = body as DataRequest;
      if ('key' in asked) dataKeys.push(asked.key!);
      return asked.action === 'get' ? null : { id: '1', ...('fields' in asked ? asked.fields : {}) };
    },
    { queue: 'data' },
  );
  stub = createServer((incoming, answer) => {
    stubCalls.push({ key: incoming.headers['idempotency-key'] as string | undefined, at: Date.now() });
    const { status, headers = {} } = stubAnswers.shift() ?? { status: 200 };
    answer.writeHead(status, { 'content-type': 'application/json', ...headers });
    answer.end(incoming.url === '/long' ? JSON.stringify('x'.repeat(5000)) : '{"ok":true}');
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  stubUrl = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
  await openExecutor();
  await openExecutor();
  services.unshift(async () => data.close());
});

afterAll(async () => {
  await Promise.all(services.map((close) => close()));
  await feed.close();
  await bus.close();
  await Promise.all([ledger.close(), scheduler.close(), gateway.close()]);
  stub.close();
  await database.drop();
});

describe('a run', () => {
  it('takes pure steps in one commit, answers its waiting caller, and is on the feed in order', async () => {
    await publish('pure', {
      do: [
        { double: { set: '=parameters.n * 2' } },
        { skip: { if: 'double > 100', set: 1 } },
        { text: { set: '="n is " & double' } },
      ],
      return: { text: '=text' },
    });
    const view = await run('pure', { n: 21 });
    expect(view).toMatchObject({ status: 'succeeded', result: { text: 'n is 42' } });
    expect(await history(view.id)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepCompleted double',
      'StepSkipped skip',
      'StepCompleted text',
      'RunSucceeded',
    ]);
    expect(await commitsOf(view.id)).toBe(2);
    await waitFor(() => published.filter(({ runId }) => runId === view.id).length === 6, { describe: 'six events' });
    expect(published.filter(({ runId }) => runId === view.id).map(({ version }) => version)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(outcomes.find(({ runId }) => runId === view.id)).toMatchObject({
      status: 'succeeded',
      result: { text: 'n is 42' },
    });
  });

  it('fails with the place of a failing expression', async () => {
    await publish('wrong', { do: [{ bad: { set: '=$number("x")' } }] });
    const view = await run('wrong');
    expect(view).toMatchObject({ status: 'failed', problem: { code: 'expression.failed', instance: '/do/0/bad' } });
  });

  it('is one history when its dispatch comes ten times to two executors', async () => {
    await publish('twice', {
      do: [
        { one: { create: { type: 'counter', fields: { n: 1 } } } },
        { two: { set: '=$random()' } },
        { three: { set: '=$uuid()' } },
      ],
    });
    const requested = await request('twice');
    for (let i = 0; i < 10; i++) dispatch(requested, `:copy ${i}`);
    const view = await ended(requested.runId);
    expect(view.status).toBe('succeeded');
    expect(await history(view.id)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepCompleted one',
      'StepCompleted two',
      'StepCompleted three',
      'RunSucceeded',
    ]);
    const keys = dataKeys.filter((key) => key.startsWith(view.id));
    expect(new Set(keys).size).toBe(1);
  });

  it('treats a thing that is not there as missing', async () => {
    await publish('absent', {
      do: [{ user: { get: { type: 'user', id: 'x' } } }, { mark: { if: '$exists(user)', set: true } }],
      return: '=$exists(mark)',
    });
    expect(await run('absent')).toMatchObject({ status: 'succeeded', result: false });
  });

  it('stops where it stands when it is cancelled', async () => {
    await publish('long', { do: [{ pause: { wait: { hours: 1 } } }, { after: { set: 1 } }] });
    const requested = await request('long');
    dispatch(requested);
    await waitFor(async () => (await gateway.runs.find(requested.runId))?.status === 'waiting', {
      describe: 'waiting',
    });
    const version = (await ledger.runs.events(requested.runId)).length;
    await gateway.runs.append({
      runId: requested.runId,
      expectedVersion: version,
      at: new Date().toISOString(),
      events: [{ type: 'RunCancelled', data: {} }],
    });
    bus.publish(subjects.dispatch, dispatchText({ runId: requested.runId, version: version + 1 }));
    await waitFor(() => published.some(({ runId, type }) => runId === requested.runId && type === 'RunCancelled'), {
      describe: 'the cancellation on the feed',
    });
    expect(await history(requested.runId)).toEqual(['RunRequested', 'RunStarted', 'WaitStarted pause', 'RunCancelled']);
  });
});

describe('waiting', () => {
  it('goes on when the timer fires', async () => {
    await publish('short-wait', { do: [{ pause: { wait: { milliseconds: 50 } } }, { after: { set: 1 } }] });
    const view = await run('short-wait');
    expect(await history(view.id)).toEqual([
      'RunRequested',
      'RunStarted',
      'WaitStarted pause',
      'TimerFired',
      'StepCompleted pause',
      'StepCompleted after',
      'RunSucceeded',
    ]);
  });
});

describe('starting others', () => {
  it('waits for a called workflow and takes its result', async () => {
    await publish('callee', { do: [{ sum: { set: '=parameters.a + parameters.b' } }], return: '=sum' });
    await publish('caller', {
      do: [{ sum: { call: { workflow: 'callee', parameters: { a: 1, b: 2 } } } }],
      return: { got: '=sum' },
    });
    expect(await run('caller')).toMatchObject({ status: 'succeeded', result: { got: 3 } });
  });

  it('fails with the problem of a called workflow', async () => {
    await publish('failing', { do: [{ bad: { set: '=$number("x")' } }] });
    await publish('calls-failing', { do: [{ ask: { call: { workflow: 'failing' } } }] });
    expect(await run('calls-failing')).toMatchObject({
      status: 'failed',
      problem: { code: 'expression.failed', instance: '/do/0/ask' },
    });
  });

  it('goes through a chain, each cycle once', async () => {
    await publish('chain', {
      parameters: { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] },
      do: [
        {
          next: {
            if: 'parameters.left > 1',
            schedule: { workflow: 'chain', parameters: { left: '=parameters.left - 1' } },
          },
        },
      ],
    });
    const first = await run('chain', { left: 20 });
    await waitFor(async () => (await gateway.progress.chain(first.id))?.counts.get('succeeded') === 20, {
      describe: '20 cycles',
    });
    const { items } = await gateway.runs.search({ chainId: first.id }, 100);
    expect(items.map(({ iteration }) => iteration).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  it('refuses parameters that do not fit', async () => {
    await publish('mis-start', { do: [{ go: { schedule: { workflow: 'chain', parameters: { left: '="x"' } } } }] });
    const view = await run('mis-start');
    expect(view).toMatchObject({
      status: 'failed',
      problem: { code: 'parameters.invalid', errors: [{ pointer: '/left' }] },
    });
  });

  it('keeps the version it was scheduled with, unless the latest is asked for', async () => {
    await publish('answer', { do: [], return: 1 });
    const scheduled = (version: string) => ({
      do: [{ go: { schedule: { workflow: 'answer', in: { milliseconds: 300 }, version } } }],
      return: '=go.runId',
    });
    await publish('pinned', scheduled('pinned'));
    await publish('latest', scheduled('latest'));
    const pinned = await run('pinned');
    const latest = await run('latest');
    await publish('answer', { do: [], return: 2 });
    expect(await ended(pinned.result as string)).toMatchObject({ result: 1, workflowVersion: 1 });
    expect(await ended(latest.result as string)).toMatchObject({ result: 2, workflowVersion: 2 });
  });

  it('admits a list with the step', async () => {
    await publish('item', { do: [] });
    await publish('mailing', {
      do: [{ mails: { scheduleOnList: { workflow: 'item', items: '=[1..5]', as: 'n', concurrency: 2 } } }],
      return: '=mails',
    });
    const view = await run('mailing');
    const { listId, total } = view.result as { listId: string; total: number };
    expect(total).toBe(5);
    expect(await gateway.lists.find(listId)).toMatchObject({ total: 5, workflow: 'item' });
  });
});

describe('calling out', () => {
  it('tries again as the step says, with one idempotency key', async () => {
    await publish('call-out', {
      do: [
        {
          ask: {
            http: { url: `=parameters.url` },
            retry: { delay: { milliseconds: 100 }, limit: { attempts: 3 } },
          },
        },
      ],
      return: '=ask.body',
    });
    stubAnswers = [{ status: 503 }, { status: 503 }];
    stubCalls.length = 0;
    const view = await run('call-out', { url: stubUrl });
    expect(view).toMatchObject({ status: 'succeeded', result: { ok: true } });
    expect(stubCalls).toHaveLength(3);
    expect(new Set(stubCalls.map(({ key }) => key)).size).toBe(1);
    const [first, second, third] = stubCalls.map(({ at }) => at);
    expect(second! - first!).toBeGreaterThanOrEqual(100);
    expect(third! - second!).toBeGreaterThanOrEqual(200);
  });

  it('does not try again what cannot succeed', async () => {
    stubAnswers = [{ status: 400 }];
    stubCalls.length = 0;
    expect(await run('call-out', { url: stubUrl })).toMatchObject({
      status: 'failed',
      problem: { code: 'http.status', status: 400 },
    });
    expect(stubCalls).toHaveLength(1);
  });

  it('waits as long as the other side asks', async () => {
    stubAnswers = [{ status: 429, headers: { 'retry-after': '1' } }];
    stubCalls.length = 0;
    expect(await run('call-out', { url: stubUrl })).toMatchObject({ status: 'succeeded' });
    expect(stubCalls[1]!.at - stubCalls[0]!.at).toBeGreaterThanOrEqual(1000);
  });

  it.each([
    'http://127.0.0.1:8099/',
    'http://[::1]:8099/',
    'http://169.254.169.254/',
    'http://10.0.0.1/',
    'http://localhost:8099/',
  ])('refuses %s', async (url) => {
    expect(await run('call-out', { url })).toMatchObject({ status: 'failed', problem: { code: 'http.refused' } });
  });

  it('refuses an answer that is too long', async () => {
    expect(await run('call-out', { url: `${stubUrl}/long` })).toMatchObject({
      status: 'failed',
      problem: { code: 'http.too_large' },
    });
  });
});
