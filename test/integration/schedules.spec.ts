import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schedule } from '@nightshift/contracts';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
const later = '2999-01-01T00:00:00.000Z';

/** The schedule, when it is as is hoped. */
const become = (id: string, status: Schedule['status']): Promise<Schedule> =>
  waitFor(
    async () => {
      const schedule = await platform.client.schedules.get(id);
      return schedule.status === status ? schedule : undefined;
    },
    { describe: `schedule ${id} to be ${status}` },
  );

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 2 });
  await platform.publish('echo', {
    parameters: { type: 'object', properties: { n: { type: 'integer' } } },
    do: [{ said: { set: '=parameters.n' } }],
    return: '=said',
  });
  await platform.publish('remind', {
    parameters: { type: 'object', properties: { order: { type: 'string' }, n: { type: 'integer' } } },
    do: [
      {
        reminder: {
          schedule: {
            workflow: 'echo',
            in: { hours: 1 },
            key: "='order-' & parameters.order",
            parameters: { n: '=parameters.n' },
          },
        },
      },
    ],
    return: '=reminder',
  });
  await platform.publish('paid', {
    parameters: { type: 'object', properties: { order: { type: 'string' } } },
    do: [{ enough: { cancel: { where: { workflow: 'echo', key: "='order-' & parameters.order" } } } }],
    return: '=enough',
  });
  await platform.publish('remind-item', {
    parameters: { type: 'object', properties: { n: { type: 'integer' } } },
    do: [{ reminder: { schedule: { workflow: 'echo', at: later, parameters: { n: '=parameters.n' } } } }],
  });
});
afterAll(() => platform?.close());

describe('a schedule', () => {
  it('starts at the moment that it was moved to, with what it was given last', async () => {
    const { scheduleId } = await platform.client.schedules.create('echo', { at: later, parameters: { n: 1 } });
    await platform.client.schedules.move(scheduleId, { at: soon(300), parameters: { n: 2 } });
    expect(await platform.ended(scheduleId)).toMatchObject({ status: 'succeeded', result: 2, parameters: { n: 2 } });
    expect(await platform.client.schedules.get(scheduleId)).toMatchObject({ late: false, status: 'succeeded' });
    expect(await platform.story(scheduleId)).toEqual(
      expect.arrayContaining(['RunRequested', 'RunRescheduled', 'TimerFired', 'RunStarted', 'RunSucceeded']),
    );
  });

  it('does not start at the moment that it was moved from', async () => {
    const { scheduleId } = await platform.client.schedules.create('echo', { at: soon(500), parameters: { n: 1 } });
    await platform.client.schedules.move(scheduleId, { at: later });
    const witness = await platform.client.schedules.create('echo', { at: soon(600), parameters: { n: 0 } });
    await platform.ended(witness.runId);
    expect(await platform.client.schedules.get(scheduleId)).toMatchObject({ status: 'scheduled', dueAt: later });
    await platform.client.schedules.move(scheduleId, { at: soon(-60_000) });
    expect(await platform.ended(scheduleId)).toMatchObject({ status: 'succeeded', late: true });
  });

  it('of a key starts now if what takes its place is due', async () => {
    const { scheduleId } = await platform.client.schedules.create('echo', { at: later, key: 'now' });
    const again = await platform.client.schedules.create('echo', { in: 'PT0S', key: 'now', parameters: { n: 77 } });
    expect(again).toMatchObject({ scheduleId, replaced: true });
    expect(await platform.ended(scheduleId)).toMatchObject({ status: 'succeeded', result: 77 });
  });

  it('that is paused loses nothing: after its time it starts when it is resumed, late', async () => {
    const { schedules } = platform.client;
    const { scheduleId } = await schedules.create('echo', { at: later, parameters: { n: 3 } });
    await schedules.pauseMany({ ids: [scheduleId] });
    expect(await schedules.move(scheduleId, { at: soon(-5_000) })).toMatchObject({ status: 'paused' });
    await schedules.resumeMany({ ids: [scheduleId] });
    expect(await become(scheduleId, 'succeeded')).toMatchObject({ late: true });
  });

  it('of a latest version that is replaced by a pinned one keeps to that', async () => {
    const { scheduleId } = await platform.client.schedules.create('echo', { at: later, key: 'v', version: 'latest' });
    await platform.client.schedules.create('echo', { at: later, key: 'v', parameters: { n: 1 } });
    expect(await platform.client.schedules.get(scheduleId)).toMatchObject({ version: 'pinned' });
    await platform.client.schedules.move(scheduleId, { in: { seconds: 0 } });
    expect(await platform.ended(scheduleId)).toMatchObject({ status: 'succeeded', result: 1 });
  });
});

describe('a step', () => {
  it('schedules under a key, and another one cancels by it', async () => {
    const first = await platform.run('remind', { order: '7', n: 1 });
    const again = await platform.run('remind', { order: '7', n: 2 });
    const { scheduleId } = first.result as { scheduleId: string };
    expect(first.result).toMatchObject({ replaced: false });
    expect(again.result).toMatchObject({ scheduleId, replaced: true });
    expect(await platform.client.schedules.get(scheduleId)).toMatchObject({
      key: 'order-7',
      parameters: { n: 2 },
      requestedBy: { kind: 'key', name: 'admin' },
    });
    expect((await platform.run('paid', { order: '7' })).result).toEqual({ cancelled: 1, unchanged: 0 });
    expect(await platform.client.schedules.get(scheduleId)).toMatchObject({ status: 'cancelled' });
  });

  it('of an item makes schedules that are found by the list', async () => {
    const { listId } = await platform.client.lists.create('remind-item', { items: [1, 2, 3], as: 'n' });
    const made = await waitFor(async () => {
      const { items } = await platform.client.schedules.list({ listId });
      return items.length === 3 ? items : undefined;
    });
    expect(made.map(({ parameters }) => parameters['n']).sort()).toEqual([1, 2, 3]);
    expect(await platform.client.schedules.cancelMany({ where: { listId, parameters: { n: 2 } } })).toMatchObject({
      changed: 1,
    });
    expect((await platform.client.schedules.list({ listId, status: 'cancelled' })).items).toHaveLength(1);
  });
});

describe('the guide', () => {
  const guide = readFileSync(join(workspaceRoot, 'docs/guides/schedules.md'), 'utf8');
  const requests = [...guide.matchAll(/^```http\n(\w+) (\S+)\n(?:Idempotency-Key: (\S+)\n)?(?:\n(.*?))?```$/gms)];

  it('shows requests that do what it says', async () => {
    await platform.publish('remind', { parameters: { type: 'object' }, do: [{ said: { set: 1 } }] });
    const answers: Record<string, unknown>[] = [];
    for (const [, method, path, key, body] of requests) {
      const response = await fetch(platform.url + path!, {
        method: method!,
        headers: {
          authorization: `Bearer ${platform.adminKey}`,
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
      });
      answers.push((await response.json()) as Record<string, unknown>);
    }
    const [made, again, found, ...changed] = answers;
    expect(made).toMatchObject({ key: 'order-7', replaced: false });
    expect(again).toMatchObject({ scheduleId: made!['scheduleId'], replaced: true });
    expect(found).toMatchObject({ items: [{ scheduleId: made!['scheduleId'] }], count: 1, countIsExact: true });
    expect(changed.map((answer) => answer['changed'])).toEqual([1, 1, 1, 1]);
  });
});
