import { subjects, type Dispatch, type NewRunEvent, type RunOutcome } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let executor: { close(): void };
const dispatched: Dispatch[] = [];

const document = (workflow: string, more: object = {}): object => ({
  workflow,
  parameters: {
    type: 'object',
    properties: { name: { type: 'string' }, times: { type: 'integer', default: 3 }, fail: { type: 'boolean' } },
    required: ['name'],
  },
  do: [{ greeting: { set: 1 } }],
  ...more,
});

const publish = async (name: string, more: object = {}): Promise<void> => {
  await gateway.client.workflows.save(name, document(name, more));
  await gateway.client.workflows.publish(name);
};

beforeAll(async () => {
  gateway = await openTestGateway();
  await publish('greet');
  await publish('idle');
  await publish('idle-two');
  await publish('open-door', { expose: { auth: 'none', methods: ['GET', 'POST'] } });
  await publish('closed-door', { expose: {} });
  gateway.bus.subscribe(subjects.allDispatches, (body) => dispatched.push(body as Dispatch));
  executor = standInForExecutor(gateway, ({ workflow, parameters }) => {
    if (workflow.startsWith('idle')) return undefined;
    if (parameters['fail'] !== true) return { type: 'RunSucceeded', data: { result: parameters } };
    const problem = {
      type: 'about:blank',
      title: 'It broke',
      status: 500,
      code: 'http.failed',
      instance: '/do/0/greeting',
    };
    return { type: 'RunFailed', data: { problem } };
  });
});
afterAll(async () => {
  executor?.close();
  await gateway?.close();
});

describe('starting a run', () => {
  it('answers 202 with an id, and the run can be read at once', async () => {
    const response = await gateway.call('POST', '/v1/workflows/idle/runs', { parameters: { name: 'Ada' } });
    expect(response.status).toBe(202);
    const { runId } = (await response.json()) as { runId: string };
    const run = await gateway.client.runs.get(runId);
    expect(run).toMatchObject({
      id: runId,
      workflow: 'idle',
      workflowVersion: 1,
      status: 'queued',
      parameters: { name: 'Ada', times: 3 },
      cause: { kind: 'api' },
      chainId: runId,
      iteration: 1,
      depth: 0,
    });
    await waitFor(() =>
      dispatched.some((dispatch) => dispatch.runId === runId && dispatch.requested?.data.workflow === 'idle'),
    );
  });

  it('waits for the result', async () => {
    const response = await gateway.call('POST', '/v1/workflows/greet/runs?wait=10s', { parameters: { name: 'Ada' } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'succeeded', result: { name: 'Ada', times: 3 } });
  });

  it('a failed run is an answer', async () => {
    const answer = await gateway.client.runs.start('greet', { name: 'Ada', fail: true }, { wait: 'PT10S' });
    expect(answer).toMatchObject({ status: 'failed', problem: { title: 'It broke' } });
  });

  it('answers 202 with the status when the time is up', async () => {
    const response = await gateway.call('POST', '/v1/workflows/idle/runs?wait=50ms', { parameters: { name: 'Ada' } });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ status: 'queued' });
  });

  it('finds an outcome that got lost in the ledger', async () => {
    const lost = await gateway.client.runs.start('idle', { name: 'Ada' });
    const answer = gateway.client.runs.start('idle', { name: 'Bob' }, { wait: '400ms' });
    const { items } = await waitFor(async () => {
      const page = await gateway.client.runs.search({ workflow: 'idle', limit: 1 });
      return page.items[0]?.id === lost.runId ? undefined : page;
    });
    const at = new Date().toISOString();
    const events: NewRunEvent[] = [
      { type: 'RunStarted', data: {} },
      { type: 'RunSucceeded', data: { result: 7 } },
    ];
    await gateway.ledger.runs.append({ runId: items[0]!.id, expectedVersion: 1, events, at });
    expect(await answer).toMatchObject({ status: 'succeeded', result: 7 });
  });

  it('uses what another gateway has published, at once', async () => {
    const other = await gateway.openAnother();
    await publish('moving');
    expect((await gateway.call('POST', '/v1/workflows/moving/runs', { parameters: {} })).status).toBe(400);
    const save = { method: 'PUT', path: '/v1/workflows/moving' };
    const headers = { authorization: 'Bearer the-key-of-the-tests-0123456789', 'content-type': 'application/json' };
    const changed = JSON.stringify({ workflow: 'moving', do: [{ a: { set: 1 } }] });
    await fetch(other.url + save.path, { method: save.method, headers, body: changed });
    await fetch(`${other.url}${save.path}/publish`, { method: 'POST', headers });
    const status = await waitFor(
      async () => {
        const response = await gateway.call('POST', '/v1/workflows/moving/runs', { parameters: {} });
        return response.status === 202 && response.status;
      },
      { timeoutMs: 1_000 },
    );
    expect(status).toBe(202);
  });
});

describe('cancelling a run', () => {
  it('ends it once, however often it is asked for', async () => {
    const { runId } = await gateway.client.runs.start('idle', { name: 'Ada' });
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => gateway.client.runs.cancel(runId, { reason: 'no need' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill('cancelled'));
    const events = await gateway.client.runs.events(runId);
    expect(events.map(({ type }) => type)).toEqual(['RunRequested', 'RunCancelled']);
    await waitFor(() => dispatched.some((dispatch) => dispatch.runId === runId && dispatch.version === 2));
  });

  it('refuses what has ended', async () => {
    const { runId } = await gateway.client.runs.start('greet', { name: 'Ada' }, { wait: '10s' });
    await expect(gateway.client.runs.cancel(runId)).rejects.toMatchObject({ code: 'run.ended', status: 409 });
  });

  it('tells a caller that waits', async () => {
    const answer = gateway.client.runs.start('idle-two', { name: 'Eve' }, { wait: '10s' });
    const run = await waitFor(async () => (await gateway.ledger.runs.search({ workflow: 'idle-two' }, 1)).items[0]);
    await gateway.client.runs.cancel(run.id);
    expect(await answer).toEqual({ runId: run.id, status: 'cancelled' } satisfies RunOutcome);
  });
});

describe('schedules', () => {
  it('are kept until their time, listed, and cancelled once', async () => {
    const before = Date.now();
    const schedule = await gateway.client.schedules.create('greet', {
      in: { minutes: 30 },
      parameters: { name: 'Ada' },
    });
    expect(schedule.scheduleId).toBe(schedule.runId);
    expect(Date.parse(schedule.dueAt)).toBeGreaterThanOrEqual(before + 30 * 60_000);
    expect(await gateway.client.runs.get(schedule.runId)).toMatchObject({
      status: 'scheduled',
      cause: { kind: 'schedule' },
    });
    expect((await gateway.client.schedules.list({ workflow: 'greet' })).items).toMatchObject([
      { scheduleId: schedule.scheduleId },
    ]);
    expect(dispatched.some(({ runId }) => runId === schedule.runId)).toBe(false);
    expect(await gateway.client.schedules.cancel(schedule.scheduleId)).toMatchObject({ status: 'cancelled' });
    expect(await gateway.client.schedules.cancel(schedule.scheduleId)).toMatchObject({ status: 'cancelled' });
    expect((await gateway.client.schedules.list({ workflow: 'greet' })).items).toEqual([]);
  });

  it('of the past start now, and cannot be cancelled any more', async () => {
    const schedule = await gateway.client.schedules.create('greet', {
      at: '2020-01-01T00:00:00Z',
      parameters: { name: 'Ada' },
    });
    await waitFor(async () => (await gateway.client.runs.get(schedule.runId)).status === 'succeeded');
    expect(await gateway.client.schedules.get(schedule.scheduleId)).toMatchObject({
      dueAt: '2020-01-01T00:00:00.000Z',
    });
    await expect(gateway.client.schedules.cancel(schedule.scheduleId)).rejects.toMatchObject({
      code: 'schedule.started',
    });
  });
});

describe('recurrences', () => {
  it('answer with their next ten moments', async () => {
    const made = await gateway.client.recurrences.put('greet', 'daily', {
      cron: '0 9 * * *',
      timeZone: 'Europe/Berlin',
      parameters: { name: 'Ada' },
    });
    expect(made).toMatchObject({ workflow: 'greet', key: 'daily', cron: '0 9 * * *' });
    expect(made.next).toHaveLength(10);
    expect(await gateway.client.recurrences.get('greet', 'daily')).toEqual(made);
    await gateway.client.recurrences.delete('greet', 'daily');
    await expect(gateway.client.recurrences.get('greet', 'daily')).rejects.toMatchObject({
      code: 'recurrence.not_found',
    });
  });
});

describe('endpoints', () => {
  it('answer with what the workflow returns', async () => {
    expect(await gateway.client.wf('open-door', { name: 'Ada' })).toEqual({ name: 'Ada', times: 3 });
  });

  it('read the query string as the schema has it, and need no key if they say so', async () => {
    const response = await fetch(`${gateway.url}/wf/open-door?name=7&times=5`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ name: '7', times: 5 });
  });

  it('name a wrong parameter', async () => {
    const response = await fetch(`${gateway.url}/wf/open-door?name=7&times=often`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'parameters.invalid', errors: [{ pointer: '/times' }] });
  });

  it('answer a failed run with its problem', async () => {
    const response = await fetch(`${gateway.url}/wf/open-door?name=x&fail=true`);
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      code: 'run.failed',
      instance: '/do/0/greeting',
      cause: { code: 'http.failed' },
    });
  });

  it('refuse other methods, and whoever has no key', async () => {
    const wrongMethod = await fetch(`${gateway.url}/wf/open-door`, { method: 'DELETE' });
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect((await fetch(`${gateway.url}/wf/closed-door`, { method: 'POST' })).status).toBe(401);
  });

  it('run the draft under its own path', async () => {
    await gateway.client.workflows.save(
      'open-door',
      document('open-door', { expose: { auth: 'none' }, parameters: { type: 'object' } }),
    );
    expect(await gateway.client.wf('open-door', {}, { draft: true })).toEqual({});
    await expect(gateway.client.wf('open-door', {})).rejects.toMatchObject({ code: 'parameters.invalid' });
  });
});

describe('progress', () => {
  it('of a run ends with all of it done', async () => {
    const { runId } = await gateway.client.runs.start('greet', { name: 'Ada' }, { wait: '10s' });
    expect(await gateway.client.progress(runId)).toMatchObject({
      kind: 'run',
      status: 'succeeded',
      total: 1,
      done: 1,
      percent: 100,
    });
  });

  it('can be waited for', async () => {
    const { runId } = await gateway.client.runs.start('idle', { name: 'Ada' });
    const waiting = gateway.client.progress(runId, { wait: '10s' });
    await gateway.client.runs.cancel(runId);
    const startedAt = performance.now();
    // In the executor's place: the cancellation reaches the feed.
    const [request, cancelled] = await gateway.client.runs.events(runId);
    const { publishToFeed } = await import('../../apps/gateway/test/stand-in-executor.ts');
    if (request?.type === 'RunRequested') publishToFeed(gateway.bus, request.data, [cancelled!]);
    expect(await waiting).toMatchObject({ kind: 'run', status: 'cancelled' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('OpenAPI', () => {
  it('names every operation', async () => {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/workflows/{name}/runs',
        '/v1/workflows/{name}/versions/{version}',
        '/v1/runs/cancel',
        '/v1/runs/{id}/replay',
        '/v1/events',
        '/v1/secrets/{name}',
        '/v1/dead-letters/{id}/redrive',
        '/wf/{name}',
      ]),
    );
  });
});
