import type { RunView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await platform.publish('thanks', {
    triggers: [{ event: 'order.paid', parameters: { order: '=event.data.order' } }],
    parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
    do: [{ thanks: { set: '=parameters.order' } }],
    return: '=thanks',
  });
}, 60_000);
afterAll(() => platform?.close());

const runsOf = (workflow: string, count: number): Promise<RunView[]> =>
  waitFor(
    async () => {
      const { items } = await platform.client.runs.search({ workflow });
      const ended = items.filter(({ status }) => status === 'succeeded');
      return ended.length >= count ? ended : undefined;
    },
    { timeoutMs: 15_000, describe: `${count} runs of ${workflow}` },
  );
const paid = (id: string, source = '/shop') =>
  platform.client.sendEvent({ id, source, type: 'order.paid', subject: id, data: { order: id } });

it('shows what an event has started, and starts it again as a new run that names the replay', async () => {
  await paid('pay/1');
  const [original] = await runsOf('thanks', 1);
  const { replayId } = await platform.client.receivedEvents.replay('/shop', 'pay/1');
  const runs = await runsOf('thanks', 2);
  const again = runs.find(({ id }) => id !== original!.id)!;
  expect(again.cause).toEqual({ kind: 'event', source: '/shop', eventId: 'pay/1', replay: replayId });
  expect(again).toMatchObject({ result: 'pay/1', chainId: again.id });

  const view = await waitFor(
    async () => {
      const found = await platform.client.receivedEvents.get('/shop', 'pay/1');
      return found.replays.every(({ isMatched }) => isMatched) ? found : undefined;
    },
    { describe: 'the replay to be matched' },
  );
  expect(view).toMatchObject({
    ...{
      source: '/shop',
      id: 'pay/1',
      type: 'order.paid',
      isMatched: true,
      data: { order: 'pay/1' },
      raw: null,
      woken: [],
    },
    started: [
      { runId: original!.id, workflow: 'thanks', status: 'succeeded' },
      { runId: again.id, workflow: 'thanks', status: 'succeeded' },
    ],
    replays: [{ id: replayId }],
  });
});

it('is looked at once more when whoever leads forgets that he has: nothing starts twice', async () => {
  await paid('pay-again', '/other');
  await runsOf('thanks', 3);
  await platform.client.receivedEvents.replay('/other', 'pay-again');
  const before = await runsOf('thanks', 4);
  await platform.query('UPDATE nightshift.event_replays SET matched_at = NULL');
  await waitFor(
    async () => (await platform.query('SELECT FROM nightshift.event_replays WHERE matched_at IS NULL')).length === 0,
    { describe: 'all replays to be matched again' },
  );
  expect((await platform.client.runs.search({ workflow: 'thanks' })).items).toHaveLength(before.length);
});

it('starts what came from a source in some time, and what was published since', async () => {
  const from = new Date().toISOString();
  for (const id of ['a', 'b', 'c']) await paid(id, '/bulk');
  await runsOf('thanks', 7);
  await platform.publish('counts', { triggers: [{ event: 'order.paid' }], do: [{ one: { set: 1 } }] });
  expect(await platform.client.receivedEvents.replayMany({ source: '/bulk', from })).toEqual({ replayed: 3 });
  await runsOf('counts', 3);
  await runsOf('thanks', 10);
  expect(await platform.client.receivedEvents.replayMany({ source: '/bulk', type: 'other', from })).toEqual({
    replayed: 0,
  });
});

it('tells whom an event has woken', async () => {
  await platform.publish('waits', { do: [{ paid: { waitFor: { event: 'order.kept', key: 'K-1' } } }] });
  const runId = await platform.start('waits');
  await platform.happened(runId, ({ type }) => type === 'WaitStarted');
  await platform.client.sendEvent({ id: 'kept-1', source: '/shop', type: 'order.kept', subject: 'K-1' });
  await platform.ended(runId);
  const { woken } = await platform.client.receivedEvents.get('/shop', 'kept-1');
  expect(woken).toEqual([{ runId, workflow: 'waits', status: 'succeeded' }]);
});

it('is found by source, type and time, page by page', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await platform.client.receivedEvents.list({ source: '/bulk', limit: 2, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(['c', 'b', 'a']);
  expect((await platform.client.receivedEvents.list({ type: 'order.kept' })).items).toHaveLength(1);
  expect((await platform.client.receivedEvents.list({ from: new Date().toISOString() })).items).toEqual([]);
});

it('refuses what is not there, and what cannot be', async () => {
  const { receivedEvents } = platform.client;
  await expect(receivedEvents.get('/shop', 'nothing')).rejects.toMatchObject({ code: 'event.not_found' });
  await expect(receivedEvents.replay('/shop', 'nothing')).rejects.toMatchObject({ code: 'event.not_found' });
  await expect(receivedEvents.list({ cursor: 'no-place' })).rejects.toMatchObject({ code: 'request.invalid' });
  const from = new Date().toISOString();
  await expect(receivedEvents.replayMany({ source: '/shop', from, to: from })).rejects.toMatchObject({
    problem: { errors: [{ pointer: '/from' }] },
  });
});
