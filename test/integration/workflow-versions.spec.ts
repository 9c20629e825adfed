import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raiseBarrier } from './barrier.ts';
import { openTestPlatform, type Executor, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let executor: Executor;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0 });
  executor = await platform.openExecutor();
});
afterAll(() => platform?.close());

const waiting = (answer: string) => ({
  do: [{ go: { waitFor: { event: 'version.go', key: '=run.id' } } }, { say: { set: answer } }],
  return: '=say',
});

const send = (runId: string) =>
  platform.client.sendEvent({ id: runId, source: 'tests', type: 'version.go', subject: runId });

describe('a version', () => {
  it('is a draft until it is published, can be taken back, and runs finish with the one that they began with', async () => {
    await platform.publish('greeting', waiting('one'));
    const first = await platform.start('greeting');
    await platform.happened(first, ({ type }) => type === 'WaitStarted');

    await platform.client.workflows.save('greeting', { workflow: 'greeting', ...waiting('two') });
    const stillOne = await platform.start('greeting');
    expect(await platform.client.runs.get(stillOne)).toMatchObject({ workflowVersion: 1 });
    await platform.client.workflows.publish('greeting');
    const second = await platform.start('greeting');
    await platform.client.workflows.rollback('greeting');
    const third = await platform.start('greeting');

    for (const [runId, version, said] of [
      [first, 1, 'one'],
      [stillOne, 1, 'one'],
      [second, 2, 'two'],
      [third, 1, 'one'],
    ] as const) {
      await platform.happened(runId, ({ type }) => type === 'WaitStarted');
      await send(runId);
      expect(await platform.ended(runId)).toMatchObject({ workflowVersion: version, result: said });
    }
  });

  it('of a schedule is that of its making, unless the latest is asked for', async () => {
    const saying = (answer: string) => ({ do: [{ say: { set: answer } }], return: '=say' });
    await platform.publish('later', saying('one'));
    const soon = { seconds: 1 };
    const pinned = await platform.client.schedules.create('later', { in: soon });
    const latest = await platform.client.schedules.create('later', { in: soon, version: 'latest' });
    await platform.publish('later', saying('two'));
    expect(await platform.ended(pinned.runId)).toMatchObject({ workflowVersion: 1, result: 'one' });
    expect(await platform.ended(latest.runId)).toMatchObject({ workflowVersion: 2, result: 'two' });
  });

  it('that broke something is taken back: failed runs are repeated with the one before', async () => {
    await platform.publish('payment', { do: [{ pay: { set: 'paid' } }], return: '=pay' });
    await platform.publish('payment', { do: [{ pay: { set: '=$error("broken")' } }], return: '=pay' });
    const run = await platform.run('payment');
    expect(run).toMatchObject({ status: 'failed', workflowVersion: 2 });
    await platform.client.workflows.rollback('payment');
    const { runId } = await platform.client.runs.replay(run.id, { version: 'latest' });
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', workflowVersion: 1, result: 'paid' });
  });
});

describe('a mail', () => {
  it('is there once though the executor dies when it has been sent, and can be read', async () => {
    await platform.publish('welcome', {
      do: [
        {
          send: {
            email: {
              to: 'Ada <ada@example.com>',
              template: { subject: 'Welcome, {{ name }}', text: 'Hello {{ name }}!' },
              data: { name: 'Ada' },
            },
          },
        },
      ],
      return: '=send.messageId',
    });
    const barrier = await raiseBarrier(
      platform.databaseUrl,
      'nightshift.run_events',
      `new.type = 'StepCompleted' AND new.data ->> 'step' = 'send'`,
    );
    const runId = await platform.start('welcome');
    await barrier.reached();
    executor.cut();
    await Promise.all([barrier.breakIn(), platform.openExecutor()]);
    await barrier.lift();
    const run = await platform.ended(runId);
    expect(run).toMatchObject({ status: 'succeeded' });

    const { items } = await platform.client.mailbox.list({ run: runId });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      messageId: run.result,
      message: { to: ['Ada <ada@example.com>'], subject: 'Welcome, Ada', text: 'Hello Ada!' },
    });
    expect(await platform.client.mailbox.get(String(run.result))).toMatchObject({ runId, step: 'send' });
    expect((await platform.client.mailbox.list({ to: 'ada@example.com' })).items).toHaveLength(1);
  });

  it('goes to each item of a list once', async () => {
    await platform.publish('letter', {
      do: [{ send: { email: { to: '=item', subject: 'News', text: 'There is news.' } } }],
    });
    const items = Array.from({ length: 20 }, (_, n) => `reader-${n}@example.com`);
    const { listId } = await platform.client.lists.create('letter', { items });
    await waitFor(async () => (await platform.client.lists.get(listId)).status === 'succeeded', {
      describe: 'the list to end',
    });
    const sent = (await platform.client.mailbox.list({ limit: 100 })).items.filter(
      ({ message }) => message.subject === 'News',
    );
    expect(sent.flatMap(({ message }) => message.to).sort()).toEqual(items.toSorted());
  });
});
