import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, makeGate, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type Executor, type TestPlatform, type TestPlatformOptions } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;
let settings: NonNullable<TestPlatformOptions['executor']>;

beforeAll(async () => {
  stub = await startHttpStub();
  settings = { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } };
  platform = await openTestPlatform({ executors: 2, executor: settings });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
});

const gated = (path: string) => {
  const gate = makeGate(json('done'));
  stub.on(path, gate.answer);
  return gate;
};

const calling = (path: string) => ({ http: { url: stub.url + path } });

/** Longer than a message may be silent (3 s) and than a run that is ready may be in nobody's hands (4 s). */
const LONG_MS = 9_000;

describe.concurrent('a long step', () => {
  it('is executed once, though there are two executors and somebody who looks for lost runs', async () => {
    stub.on('/long', (response) => setTimeout(() => response.end('"done"'), LONG_MS));
    await platform.publish('long', { do: [{ ask: calling('/long') }], return: '=ask.body' });
    const run = await platform.run('long');
    expect(run).toMatchObject({ status: 'succeeded', result: '"done"' });
    expect(stub.calls('/long')).toHaveLength(1);
    expect(await platform.story(run.id)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepStarted ask',
      'StepCompleted ask',
      'RunSucceeded',
    ]);
  });

  it('is taken over as soon as its executor is dead, however long it was under way', async () => {
    const lonely = await openTestPlatform({ executors: 0 });
    try {
      const executor: Executor = await lonely.openExecutor(settings);
      const gate = gated('/taken-over');
      await lonely.publish('taken-over', { do: [{ ask: calling('/taken-over') }], return: '=ask.body' });
      const runId = await lonely.start('taken-over');
      // It is in hand for long: the ledger says so.
      await waitFor(
        async () =>
          (await lonely.query(`SELECT FROM nightshift.runs WHERE lease_until > now() + interval '10 seconds'`)).length >
          0,
        { describe: 'a long lease' },
      );
      await lonely.openExecutor(settings);
      executor.cut();
      await waitFor(() => gate.waiting() === 2, { timeoutMs: 8_000, describe: 'the call to be repeated' });
      gate.open();
      expect(await lonely.ended(runId)).toMatchObject({ status: 'succeeded', result: 'done' });
      const keys = stub.calls('/taken-over').map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).toBe(1);
    } finally {
      await lonely.close();
    }
  });
});

describe('a time limit', () => {
  const limit = { milliseconds: 300 };

  it('of a step ends it: the connection is closed, and the step has failed', async () => {
    gated('/step');
    await platform.publish('step-limit', { do: [{ ask: { ...calling('/step'), timeout: limit } }] });
    const run = await platform.run('step-limit');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'step.timeout', instance: '/do/0/ask' } });
    const [call] = stub.calls('/step');
    await waitFor(() => call!.isAbandoned, { describe: 'the connection to be closed' });
    expect(await platform.story(run.id)).toContain('StepFailed ask');
  });

  it('of a step holds for each attempt', async () => {
    const gate = gated('/attempt');
    await platform.publish('attempt-limit', {
      do: [
        {
          ask: {
            ...calling('/attempt'),
            timeout: limit,
            retry: { delay: { milliseconds: 10 }, limit: { attempts: 2 } },
          },
        },
      ],
      return: '=ask.body',
    });
    const runId = await platform.start('attempt-limit');
    await waitFor(() => stub.calls('/attempt').length === 2, { describe: 'the second attempt' });
    gate.open();
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: 'done' });
  });

  it('of a block ends what is under way in it, and can be caught', async () => {
    gated('/block');
    await platform.publish('block-limit', {
      do: [
        {
          both: {
            do: [{ first: { set: 1 } }, { ask: calling('/block') }],
            timeout: limit,
            catch: { errors: { type: 'step.timeout' }, do: [{ told: { set: '=error.step' } }] },
          },
        },
        { after: { set: '=both' } },
      ],
      return: '=after',
    });
    expect(await platform.run('block-limit')).toMatchObject({ status: 'succeeded', result: 'both' });
    await waitFor(() => stub.calls('/block')[0]!.isAbandoned, { describe: 'the connection to be closed' });
  });

  it('of a wait for an event can be caught', async () => {
    await platform.publish('event-limit', {
      do: [
        {
          answer: {
            waitFor: { event: 'order.paid', key: '=run.id' },
            timeout: limit,
            catch: { errors: { type: 'step.timeout' }, do: [{ late: { set: 'nobody came' } }] },
          },
        },
      ],
      return: '=answer',
    });
    expect(await platform.run('event-limit')).toMatchObject({ status: 'succeeded', result: 'nobody came' });
  });

  it('of a workflow ends the run, wherever it is', async () => {
    gated('/workflow');
    await platform.publish('run-limit', {
      timeout: limit,
      do: [
        { ask: { ...calling('/workflow'), catch: { do: [{ told: { set: 'not mine to catch' } }] } } },
        { after: { set: 1 } },
      ],
    });
    const run = await platform.run('run-limit');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'run.timeout' } });
    await waitFor(() => stub.calls('/workflow')[0]!.isAbandoned, { describe: 'the connection to be closed' });
    expect(await platform.story(run.id)).not.toContain('StepCompleted after');

    await platform.publish('waiting-limit', { timeout: limit, do: [{ pause: { wait: { hours: 1 } } }] });
    expect(await platform.run('waiting-limit')).toMatchObject({ status: 'failed', problem: { code: 'run.timeout' } });
  });
});
