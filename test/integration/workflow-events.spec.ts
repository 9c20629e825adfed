import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let sent = 0;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 2 });
});
afterAll(() => platform?.close());

const send = (type: string, subject: string, data: unknown = null) =>
  platform.client.sendEvent({ id: `event-${sent++}`, source: 'tests', type, subject, data });

const isWaiting = ({ type }: { type: string }): boolean => type === 'WaitStarted';

describe('a wait for an event', () => {
  it('ends when somebody approves', async () => {
    await platform.publish('approval', {
      do: [{ answer: { waitFor: { event: 'order.approved', key: '=parameters.order' } } }],
      return: { by: '=answer.data.by', type: '=answer.type', subject: '=answer.subject' },
    });
    const runId = await platform.start('approval', { order: 'o-1' });
    await platform.happened(runId, isWaiting);
    expect(await send('order.approved', 'o-2', { by: 'nobody' })).toMatchObject({ isNew: true, woken: 0 });
    expect(await send('order.refused', 'o-1', { by: 'nobody' })).toMatchObject({ isNew: true, woken: 0 });
    expect(await send('order.approved', 'o-1', { by: 'Ada' })).toMatchObject({ isNew: true, woken: 1 });
    expect(await platform.ended(runId)).toMatchObject({
      status: 'succeeded',
      result: { by: 'Ada', type: 'order.approved', subject: 'o-1' },
    });
  });

  it('counts an event that came before it, but not one from before the run', async () => {
    await platform.publish('late-to-wait', {
      do: [
        { pause: { wait: { milliseconds: 400 } } },
        { answer: { waitFor: { event: 'order.paid', key: '=parameters.order' } } },
      ],
      return: '=answer.data',
    });
    await send('order.paid', 'p-1', 'an old one');
    const runId = await platform.start('late-to-wait', { order: 'p-1' });
    await platform.happened(runId, isWaiting);
    expect(await send('order.paid', 'p-1', 'the early one')).toMatchObject({ woken: 0 });
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: 'the early one' });
  });

  it('of many runs ends with one event, each once, and the same event again changes nothing', async () => {
    await platform.publish('crowd', {
      do: [{ answer: { waitFor: { event: 'door.opened', key: 'front' } } }],
      return: '=answer.id',
    });
    const runIds = await Promise.all(Array.from({ length: 30 }, () => platform.start('crowd')));
    for (const runId of runIds) await platform.happened(runId, isWaiting);
    const event = { id: 'the-opening', source: 'tests', type: 'door.opened', subject: 'front' };
    expect(await platform.client.sendEvent(event)).toMatchObject({ isNew: true, woken: 30 });
    expect(await platform.client.sendEvent(event)).toMatchObject({ isNew: false, woken: 0 });
    for (const runId of runIds) {
      expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: 'the-opening' });
      expect((await platform.story(runId)).filter((type) => type === 'EventReceived answer')).toHaveLength(1);
    }
  });

  it('competes with time: whatever comes first decides', async () => {
    const deadline = (wait: object) => ({
      do: [
        {
          decision: {
            fork: {
              compete: true,
              branches: {
                approved: [
                  { yes: { waitFor: { event: 'offer.taken', key: '=run.id' } } },
                  { got: { set: '=yes.data' } },
                ],
                expired: [{ late: { wait } }, { gone: { set: 'too late' } }],
              },
            },
          },
        },
      ],
      return: '=decision',
    });
    await platform.publish('in-time', deadline({ hours: 1 }));
    const runId = await platform.start('in-time');
    await platform.happened(runId, ({ type, data }) => type === 'WaitStarted' && 'event' in data);
    await send('offer.taken', runId, 'yes please');
    expect(await platform.ended(runId)).toMatchObject({
      status: 'succeeded',
      result: { approved: 'yes please' },
    });

    await platform.publish('out-of-time', deadline({ milliseconds: 200 }));
    const late = await platform.run('out-of-time');
    expect(late).toMatchObject({ status: 'succeeded', result: { expired: 'too late' } });
    expect(await send('offer.taken', late.id)).toMatchObject({ woken: 0 });
  });

  it('ends when another workflow emits the event', async () => {
    await platform.publish('listener', {
      do: [{ heard: { waitFor: { event: 'bell.rung', key: '=parameters.tower' } } }],
      return: '=heard.data.times',
    });
    await platform.publish('ringer', {
      do: [{ ring: { emit: { type: 'bell.rung', subject: '=parameters.tower', data: { times: 3 } } } }],
    });
    const runId = await platform.start('listener', { tower: 'north' });
    await platform.happened(runId, isWaiting);
    await platform.run('ringer', { tower: 'north' });
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: 3 });
  });

  it('takes the next event in each round of a loop', async () => {
    await platform.publish('collector', {
      do: [
        {
          all: {
            for: {
              in: '=[1..3]',
              do: [{ next: { waitFor: { event: 'item.found', key: '=run.id' } } }],
              return: '=next.data',
            },
          },
        },
      ],
      return: '=all',
    });
    const runId = await platform.start('collector');
    await platform.happened(runId, isWaiting);
    for (const found of ['a', 'b', 'c']) await send('item.found', runId, found);
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded', result: ['a', 'b', 'c'] });
  });
});
