import type { RunEvent } from '@nightshift/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTurn, json, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;

beforeAll(async () => {
  stub = await startHttpStub();
  platform = await openTestPlatform({ executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } } });
  await platform.client.types.declare('notes', { text: { kind: 'text' } });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
});

type Retried = RunEvent & { type: 'StepRetried' };

const retries = (events: readonly RunEvent[]): Retried[] =>
  events.filter((event): event is Retried => event.type === 'StepRetried');

/** How long a retry is put off, as the run's history tells. */
const delayMs = ({ at, data }: Retried): number => Date.parse(data.retryAt) - Date.parse(at);

const calling = (path: string, retry?: object) => ({ http: { url: stub.url + path }, ...(retry && { retry }) });

describe('a call that fails', () => {
  it('for a while is tried again, at growing intervals, until it succeeds', async () => {
    stub.on('/shaky', inTurn(json('busy', 503), json('busy', 503), json({ answer: 42 })));
    await platform.publish('shaky', {
      do: [{ ask: calling('/shaky', { delay: { milliseconds: 200 }, limit: { attempts: 5 } }) }],
      return: '=ask.body.answer',
    });
    const run = await platform.run('shaky');
    expect(run).toMatchObject({ status: 'succeeded', result: 42 });
    const [first, second] = retries(await platform.client.runs.events(run.id));
    expect(first!.data).toMatchObject({ step: 'ask', attempt: 1, problem: { code: 'http.status', status: 503 } });
    expect(delayMs(first!)).toBeGreaterThanOrEqual(190);
    expect(delayMs(second!)).toBeGreaterThanOrEqual(delayMs(first!) + 150);

    const calls = stub.calls('/shaky');
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    for (const [index, retry] of [first!, second!].entries())
      expect(calls[index + 1]!.atMs).toBeGreaterThanOrEqual(Date.parse(retry.data.retryAt) - 1);
  });

  it('is tried again no sooner than Retry-After says', async () => {
    stub.on('/limited', inTurn(json('slow down', 429, { 'retry-after': '1' }), json('ok')));
    await platform.publish('limited', {
      do: [{ ask: calling('/limited', { delay: { milliseconds: 10 }, limit: { attempts: 2 } }) }],
    });
    const run = await platform.run('limited');
    expect(run.status).toBe('succeeded');
    const [first, second] = stub.calls('/limited');
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(1_000);
  });

  it('for good is not tried again', async () => {
    stub.on('/wrong', json({ message: 'no such account' }, 400));
    await platform.publish('wrong', {
      do: [{ ask: calling('/wrong', { delay: { milliseconds: 10 }, limit: { attempts: 5 } }) }],
    });
    const run = await platform.run('wrong');
    expect(run).toMatchObject({
      status: 'failed',
      problem: { code: 'http.status', status: 400, instance: '/do/0/ask', detail: expect.stringContaining('no such') },
    });
    expect(stub.calls('/wrong')).toHaveLength(1);
  });
});

describe('a run whose attempts are used up', () => {
  const story = ['RunRequested', 'RunStarted', 'StepCompleted before'];
  const failing = ['StepStarted ask', 'StepRetried ask', 'StepStarted ask', 'StepFailed ask', 'RunFailed'];

  it('tells the whole story, and goes on at the failed step when it is retried', async () => {
    stub.on('/down', inTurn(json('no', 500), json('no', 502), json('yes')));
    await platform.publish('down', {
      do: [
        { before: { create: { type: 'notes', fields: { text: 'before the call' } } } },
        { ask: calling('/down', { delay: { milliseconds: 20 }, limit: { attempts: 2 } }) },
        { after: { set: '=ask.body' } },
      ],
      return: '=after',
    });
    const run = await platform.run('down');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'http.status', status: 502 } });
    const timers = (types: string[]): string[] => types.filter((type) => type !== 'TimerFired');
    expect(timers(await platform.story(run.id))).toEqual([...story, ...failing]);

    await platform.client.runs.retry(run.id);
    expect(await platform.ended(run.id)).toMatchObject({ status: 'succeeded', result: 'yes' });
    expect(timers(await platform.story(run.id))).toEqual([
      ...story,
      ...failing,
      ...['RunRetried', 'StepStarted ask', 'StepCompleted ask', 'StepCompleted after', 'RunSucceeded'],
    ]);
    expect(await platform.query(`SELECT FROM notes WHERE text = 'before the call'`)).toHaveLength(1);
    expect(stub.calls('/down')).toHaveLength(3);
  });

  it('may get corrected parameters with the retry', async () => {
    stub.on('/right', json('found'));
    await platform.publish('correctable', {
      parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
      do: [
        { key: { set: '=$uuid()' } },
        { ask: { http: { url: `='${stub.url}' & parameters.path` } } },
        { note: { create: { type: 'notes', fields: { text: "='key ' & key" } } } },
      ],
      return: { said: '=ask.body', key: '=key' },
    });
    const run = await platform.run('correctable', { path: '/typo' });
    expect(run).toMatchObject({ status: 'failed', problem: { status: 404 } });
    const completed = (await platform.client.runs.events(run.id)).find(({ type }) => type === 'StepCompleted')!;
    const { result: key } = completed.data as { result: string };

    await platform.client.runs.retry(run.id, { parameters: { path: '/right' } });
    expect(await platform.ended(run.id)).toMatchObject({ status: 'succeeded', result: { said: 'found', key } });
  });
});
