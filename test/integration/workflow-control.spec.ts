import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, makeGate, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;

beforeAll(async () => {
  stub = await startHttpStub();
  platform = await openTestPlatform({ executors: 2, executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } } });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
});

/** A run in the middle of a call, with another call to follow. */
const callingTwice = async (name: string) => {
  const gate = makeGate(json('first'));
  stub.on(`/${name}/1`, gate.answer);
  stub.on(`/${name}/2`, json('second'));
  await platform.publish(name, {
    do: [{ one: { http: { url: `${stub.url}/${name}/1` } } }, { two: { http: { url: `${stub.url}/${name}/2` } } }],
    return: '=two.body',
  });
  const runId = await platform.start(name);
  await waitFor(() => gate.waiting() === 1, { describe: 'the call' });
  return { runId, gate, calls: (number: 1 | 2) => stub.calls(`/${name}/${number}`) };
};

const statusOf = async (runId: string): Promise<string> => (await platform.client.runs.get(runId)).status;

/** Another run has gone all the way meanwhile: what a run was about to do, it would have done. */
const aWhile = async (): Promise<void> => {
  await platform.publish('elsewhere', { do: [{ pause: { wait: { milliseconds: 200 } } }, { x: { set: 1 } }] });
  await platform.run('elsewhere');
};

describe('pausing', () => {
  it('during a call lets it finish and records it, and what follows waits for the resumption', async () => {
    const { runId, gate, calls } = await callingTwice('pause-call');
    expect(await platform.client.runs.pause(runId, { reason: 'lunch' })).toMatchObject({ status: 'paused' });
    gate.open();
    await platform.happened(runId, ({ type }) => type === 'StepCompleted');
    await aWhile();
    expect(calls(2)).toEqual([]);
    expect(await statusOf(runId)).toBe('paused');
    expect(await platform.story(runId)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepStarted one',
      'RunPaused',
      'StepCompleted one',
    ]);

    await platform.client.runs.resume(runId);
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: 'second' });
    expect([calls(1).length, calls(2).length]).toEqual([1, 1]);
  });

  it('during a wait holds the run when its time has come, and it goes on at once when it is resumed', async () => {
    await platform.publish('pause-wait', {
      do: [{ pause: { wait: { milliseconds: 400 } } }, { after: { set: 1 } }],
    });
    const runId = await platform.start('pause-wait');
    await platform.happened(runId, ({ type }) => type === 'WaitStarted');
    await platform.client.runs.pause(runId);
    await platform.happened(runId, ({ type }) => type === 'TimerFired');
    await aWhile();
    expect(await statusOf(runId)).toBe('paused');
    expect(await platform.story(runId)).not.toContain('StepCompleted pause');

    await platform.client.runs.resume(runId);
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
  });

  it('between two attempts holds the next one', async () => {
    stub.on('/pause-retry', json('no', 503));
    await platform.publish('pause-retry', {
      do: [
        {
          ask: {
            http: { url: `${stub.url}/pause-retry` },
            retry: { delay: { milliseconds: 500 }, limit: { attempts: 3 } },
          },
        },
      ],
    });
    const runId = await platform.start('pause-retry');
    await platform.happened(runId, ({ type }) => type === 'StepRetried');
    await platform.client.runs.pause(runId);
    await platform.happened(runId, ({ type }) => type === 'TimerFired');
    await aWhile();
    expect(stub.calls('/pause-retry')).toHaveLength(1);
    stub.on('/pause-retry', json('yes'));
    await platform.client.runs.resume(runId);
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
  });
});

describe('cancelling', () => {
  it('during a call closes its connection, and nothing follows', async () => {
    const { runId, gate, calls } = await callingTwice('cancel-call');
    expect(await platform.client.runs.cancel(runId, { reason: 'a mistake' })).toMatchObject({ status: 'cancelled' });
    await waitFor(() => calls(1)[0]!.isAbandoned, { describe: 'the connection to be closed' });
    gate.open();
    await aWhile();
    expect([calls(1).length, calls(2).length]).toEqual([1, 0]);
    const events = await platform.client.runs.events(runId);
    expect(events.map(({ type }) => type)).toEqual(['RunRequested', 'RunStarted', 'StepStarted', 'RunCancelled']);
    expect(events.at(-1)).toMatchObject({ data: { reason: 'a mistake' } });
  });

  it('ends a caller that waits for the run', async () => {
    await platform.publish('cancelled-callee', { do: [{ pause: { wait: { hours: 1 } } }] });
    await platform.publish('cancelled-caller', { do: [{ ask: { call: { workflow: 'cancelled-callee' } } }] });
    const caller = await platform.start('cancelled-caller');
    const callee = await waitFor(
      async () => (await platform.client.runs.search({ workflow: 'cancelled-callee', status: 'waiting' })).items[0],
      { describe: 'the called run to wait' },
    );
    await platform.client.runs.cancel(callee.id);
    expect(await platform.ended(caller)).toMatchObject({ status: 'failed', problem: { code: 'run.cancelled' } });
  });
});

it('many runs are paused, resumed and cancelled by a query', async () => {
  await platform.publish('crowd', { do: [{ pause: { wait: { hours: 1 } } }] });
  const runIds = await Promise.all(Array.from({ length: 50 }, () => platform.start('crowd')));
  const count = async (status: 'waiting' | 'paused' | 'cancelled'): Promise<number> =>
    (await platform.client.runs.search({ workflow: 'crowd', status, limit: 1000 })).items.length;
  await waitFor(async () => (await count('waiting')) === 50, { describe: 'all to wait' });

  const where = { workflow: 'crowd' };
  expect(await platform.client.runs.pauseMany({ where })).toMatchObject({ changed: 50 });
  expect(await count('paused')).toBe(50);
  expect(await platform.client.runs.resumeMany({ ids: runIds.slice(0, 20) })).toMatchObject({ changed: 20 });
  expect(await count('paused')).toBe(30);
  await waitFor(async () => (await count('waiting')) === 20, { describe: 'twenty to wait again' });
  expect(await platform.client.runs.cancelMany({ where })).toMatchObject({ changed: 50 });
  expect(await count('cancelled')).toBe(50);
});
