import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { raiseBarrier } from './barrier.ts';
import { openTestPlatform, type Executor, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let executor: Executor;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0 });
  executor = await platform.openExecutor();
  await platform.client.types.declare('entries', {
    text: { kind: 'text', required: true },
    amount: { kind: 'integer', default: 0 },
  });
});
afterAll(() => platform?.close());
beforeEach(() => platform.query('DELETE FROM entries'));

const entry = (text: string) => ({ create: { type: 'entries', fields: { text } } });

const texts = async (): Promise<string[]> =>
  (await platform.query<{ text: string }>('SELECT text FROM entries ORDER BY text')).map(({ text }) => text);

const three = {
  do: [
    {
      order: {
        transaction: [
          { one: entry('one') },
          { two: entry('two') },
          { three: { create: { type: 'entries', fields: { text: '=one.text & " and " & two.text' } } } },
        ],
      },
    },
  ],
  return: '=[one.text, two.text, three.text]',
};
const allThree = ['one', 'one and two', 'two'];

/** The executor dies, and another one is there. */
const replaceExecutor = async (): Promise<void> => {
  executor.cut();
  executor = await platform.openExecutor();
};

describe('a transaction', () => {
  it('of three changes whose third fails leaves nothing', async () => {
    await platform.publish('third-fails', {
      do: [
        {
          order: {
            transaction: [{ one: entry('one') }, { two: entry('two') }, { three: entry('=$exists(one) ? null : 1') }],
          },
        },
      ],
    });
    const run = await platform.run('third-fails');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'thing.invalid', step: 'three' } });
    expect(await texts()).toEqual([]);
    expect(await platform.story(run.id)).toEqual(['RunRequested', 'RunStarted', 'StepFailed order', 'RunFailed']);
  });

  it('that succeeds leaves everything, and its steps are in the history', async () => {
    await platform.publish('three', three);
    const run = await platform.run('three');
    expect(run).toMatchObject({ status: 'succeeded', result: ['one', 'two', 'one and two'] });
    expect(await texts()).toEqual(allThree);
    expect(await platform.story(run.id)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepStarted order',
      ...['one', 'two', 'three', 'order'].map((step) => `StepCompleted ${step}`),
      'RunSucceeded',
    ]);
  });

  it('leaves everything once when the executor dies before it is committed', async () => {
    await platform.publish('three', three);
    const barrier = await raiseBarrier(platform.databaseUrl, 'entries', `new.text = 'one and two'`);
    const runId = await platform.start('three');
    await barrier.reached();
    expect(await texts()).toEqual([]);
    await replaceExecutor();
    await barrier.lift();
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
    expect(await texts()).toEqual(allThree);
  });

  it('leaves everything once when the executor dies after it is committed', async () => {
    await platform.publish('three', three);
    const barrier = await raiseBarrier(
      platform.databaseUrl,
      'nightshift.run_events',
      `new.type = 'StepCompleted' AND new.data ->> 'step' = 'order'`,
    );
    const runId = await platform.start('three');
    await barrier.reached();
    expect(await texts()).toEqual(allThree);
    await Promise.all([replaceExecutor(), barrier.breakIn()]);
    await barrier.lift();
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: ['one', 'two', 'one and two'] });
    expect(await texts()).toEqual(allThree);
  });
});

describe('what was done', () => {
  /** A step that leaves an entry, and how it is undone: by another entry, numbered in the order of the undoings. */
  const undoable = (name: string) => ({
    [name]: {
      ...entry(`did ${name}`),
      compensate: [
        { [`found_${name}`]: { search: { type: 'entries', where: { text: { startsWith: 'undid' } } } } },
        {
          [`undo_${name}`]: {
            create: {
              type: 'entries',
              fields: { text: `='undid ' & $string($count(found_${name}.items)) & ' ${name}'` },
            },
          },
        },
      ],
    },
  });

  it('is undone when a later step fails, the last first', async () => {
    await platform.publish('undoing', {
      do: [undoable('a'), undoable('b'), undoable('c'), { stop: { raise: { type: 'order.refused' } } }],
    });
    const run = await platform.run('undoing');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'order.refused' } });
    expect(await texts()).toEqual(['did a', 'did b', 'did c', 'undid 0 c', 'undid 1 b', 'undid 2 a']);
    expect((await platform.story(run.id)).filter((event) => event.startsWith('StepCompensated'))).toEqual(
      ['c', 'b', 'a'].map((step) => `StepCompensated ${step}`),
    );
    await expect(platform.client.runs.retry(run.id)).rejects.toMatchObject({ code: 'run.compensated' });
  });

  it('is undone by the called workflow and then by its caller', async () => {
    await platform.publish('called', {
      do: [undoable('x'), undoable('y'), { stop: { raise: { type: 'order.refused' } } }],
    });
    await platform.publish('calling', {
      do: [undoable('a'), undoable('b'), { ask: { call: { workflow: 'called' } } }],
    });
    expect(await platform.run('calling')).toMatchObject({ status: 'failed', problem: { code: 'order.refused' } });
    expect((await texts()).filter((text) => text.startsWith('undid'))).toEqual([
      'undid 0 y',
      'undid 1 x',
      'undid 2 b',
      'undid 3 a',
    ]);
  });

  it('is undone once when the executor dies in the middle of it', async () => {
    await platform.publish('undoing', {
      do: [undoable('a'), undoable('b'), { stop: { raise: { type: 'order.refused' } } }],
    });
    const barrier = await raiseBarrier(
      platform.databaseUrl,
      'nightshift.run_events',
      `new.type = 'StepCompensated' AND new.data ->> 'step' = 'b'`,
    );
    const runId = await platform.start('undoing');
    await barrier.reached();
    await Promise.all([replaceExecutor(), barrier.breakIn()]);
    await barrier.lift();
    expect(await platform.ended(runId)).toMatchObject({ status: 'failed' });
    expect(await texts()).toEqual(['did a', 'did b', 'undid 0 b', 'undid 1 a']);
  });
});

describe('the error of a called workflow', () => {
  it('reaches the catch of its caller with its type, status and step', async () => {
    await platform.publish('refusing', {
      do: [{ stop: { raise: { type: 'order.too_large', status: 409, title: 'Too large', detail: 'over 100' } } }],
    });
    await platform.publish('catching', {
      do: [
        {
          ask: {
            call: { workflow: 'refusing' },
            catch: {
              errors: { type: 'order.*', status: 409 },
              do: [{ told: { set: '=error' } }],
            },
          },
        },
        { after: { set: '=ask.title' } },
      ],
      return: { error: '=ask', after: '=after' },
    });
    const run = await platform.run('catching');
    expect(run).toMatchObject({
      status: 'succeeded',
      result: {
        error: { type: 'order.too_large', code: 'order.too_large', status: 409, detail: 'over 100', step: 'stop' },
        after: 'Too large',
      },
    });
  });

  it('passes by a catch that is for others', async () => {
    await platform.publish('refusing', { do: [{ stop: { raise: { type: 'order.too_large' } } }] });
    await platform.publish('looking-away', {
      do: [
        { ask: { call: { workflow: 'refusing' }, catch: { errors: { type: 'http.*' }, do: [{ no: { set: 1 } }] } } },
      ],
    });
    expect(await platform.run('looking-away')).toMatchObject({
      status: 'failed',
      problem: { code: 'order.too_large', instance: '/do/0/ask' },
    });
  });
});
