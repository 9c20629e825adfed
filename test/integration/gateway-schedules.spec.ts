import type { ScheduleSearch } from '@nightshift/client';
import type { Schedule, ScheduleBody, ScheduleWhere } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standInForExecutor } from '../../apps/gateway/test/stand-in-executor.ts';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let executor: { close(): void };

const HOUR_MS = 3_600_000;
const start = Date.UTC(2999, 0);
/** A moment of a day far away. */
const moment = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();

const publish = async (name: string): Promise<void> => {
  await gateway.client.workflows.save(name, {
    workflow: name,
    parameters: { type: 'object', properties: { n: { type: 'integer', default: 1 } } },
    do: [{ made: { set: 1 } }],
  });
  await gateway.client.workflows.publish(name);
};

const create = (workflow: string, body: ScheduleBody) => gateway.client.schedules.create(workflow, body);

/** All pages of a search. */
const all = async (search: ScheduleSearch, limit = 100): Promise<Schedule[]> => {
  const found: Schedule[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await gateway.client.schedules.list({ ...search, limit, ...(cursor !== undefined && { cursor }) });
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
};

beforeAll(async () => {
  gateway = await openTestGateway();
  for (const name of ['other', 'found', 'keyed', 'moved', 'paged', 'controlled', 'started']) await publish(name);
  executor = standInForExecutor(gateway, ({ parameters }) => ({ type: 'RunSucceeded', data: { result: parameters } }));
});
afterAll(async () => {
  executor?.close();
  await gateway?.close();
});

describe('a schedule', () => {
  it('shows who asked for it, what it starts, and when', async () => {
    const { scheduleId } = await create('other', {
      at: moment(1),
      key: 'one',
      parameters: { n: 5 },
      version: 'latest',
    });
    expect(await gateway.client.schedules.get(scheduleId)).toMatchObject({
      scheduleId,
      runId: scheduleId,
      workflow: 'other',
      workflowVersion: 1,
      version: 'latest',
      status: 'scheduled',
      key: 'one',
      dueAt: moment(1),
      parameters: { n: 5 },
      requestedBy: { kind: 'key', name: 'admin' },
    });
    expect(await gateway.client.runs.get(scheduleId)).toMatchObject({ requestedBy: { kind: 'key', name: 'admin' } });
  });

  it('of the past starts at once, and says how late that is', async () => {
    const made = await create('started', { at: '2020-01-01T00:00:00Z' });
    expect(made).toMatchObject({ late: true });
    const run = await waitFor(async () => {
      const view = await gateway.client.runs.get(made.runId);
      return view.status === 'succeeded' ? view : undefined;
    });
    expect(run).toMatchObject({ late: true, dueAt: '2020-01-01T00:00:00.000Z' });
    expect(await gateway.client.schedules.get(made.scheduleId)).toMatchObject({ late: true, status: 'succeeded' });
    await expect(gateway.client.schedules.move(made.scheduleId, { in: 'PT1H' })).rejects.toMatchObject({
      code: 'schedule.started',
    });
  });
});

describe('a key', () => {
  it('has one schedule, of fifty that come at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, n) => create('keyed', { at: moment(n), key: 'race', parameters: { n } })),
    );
    expect(new Set(made.map(({ scheduleId }) => scheduleId)).size).toBe(1);
    expect(made.filter(({ replaced }) => replaced === false)).toHaveLength(1);
    const [schedule, ...more] = await all({ workflow: 'keyed', key: 'race' });
    expect(more).toEqual([]);
    expect(schedule!.dueAt).toBe(moment(schedule!.parameters['n'] as number));
  });

  it('is that of the workflow alone, and of what waits', async () => {
    const first = await create('keyed', { at: moment(1), key: 'k' });
    expect((await create('other', { at: moment(1), key: 'k' })).scheduleId).not.toBe(first.scheduleId);
    const again = await create('keyed', { at: moment(2), key: 'k', parameters: { n: 9 }, version: 'latest' });
    expect(again).toMatchObject({ scheduleId: first.scheduleId, replaced: true, dueAt: moment(2) });
    expect(await gateway.client.schedules.get(first.scheduleId)).toMatchObject({
      parameters: { n: 9 },
      version: 'latest',
      dueAt: moment(2),
    });
    await gateway.client.schedules.cancel(first.scheduleId);
    const next = await create('keyed', { at: moment(3), key: 'k' });
    expect(next).toMatchObject({ replaced: false });
    expect(next.scheduleId).not.toBe(first.scheduleId);
  });
});

describe('moving', () => {
  it('takes a time, a delay from now, or a delay from when it was due, and parameters', async () => {
    const { scheduleId } = await create('moved', { at: moment(0) });
    const { move } = gateway.client.schedules;
    expect(await move(scheduleId, { by: { hours: 1 } })).toMatchObject({ dueAt: moment(60) });
    expect(await move(scheduleId, { at: moment(5) })).toMatchObject({ dueAt: moment(5) });
    expect(await move(scheduleId, { parameters: { n: 8 } })).toMatchObject({ parameters: { n: 8 }, dueAt: moment(5) });
    await expect(move(scheduleId, { parameters: { n: 'x' } })).rejects.toMatchObject({ code: 'parameters.invalid' });
    const before = Date.now();
    const { dueAt } = await move(scheduleId, { in: { hours: 1 } });
    expect(Date.parse(dueAt)).toBeGreaterThanOrEqual(before + HOUR_MS);
    expect((await gateway.client.runs.events(scheduleId)).map(({ type }) => type)).toEqual([
      'RunRequested',
      ...Array.from({ length: 4 }, () => 'RunRescheduled'),
    ]);
    await gateway.client.schedules.cancel(scheduleId);
    await expect(move(scheduleId, { in: 'PT1H' })).rejects.toMatchObject({ code: 'run.ended' });
    await expect(move(newId(0), { in: 'PT1H' })).rejects.toMatchObject({ code: 'schedule.not_found' });
  });
});

describe('controlling by query', () => {
  it('stops, moves and lets go on what fits, and says what it did not', async () => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        create('controlled', { at: moment(n), key: `c-${n}`, parameters: { n: n % 3 } }),
      ),
    );
    const { schedules } = gateway.client;
    const where: ScheduleWhere = { workflow: 'controlled', parameters: { n: 1 } };
    expect(await schedules.pauseMany({ where })).toEqual({ changed: 10, unchanged: [] });
    expect(await all({ workflow: 'controlled', status: 'paused' })).toHaveLength(10);
    expect(await schedules.moveMany({ where }, { by: { hours: 1 } })).toMatchObject({ changed: 10 });
    expect(await schedules.resumeMany({ where: { workflow: 'controlled' } })).toMatchObject({ changed: 10 });
    const moved = await all({ workflow: 'controlled', dueAfter: moment(59) });
    expect(moved.map(({ parameters }) => parameters['n'])).toEqual(Array.from({ length: 10 }, () => 1));

    expect(await schedules.cancelMany({ where: { workflow: 'controlled', keyPrefix: 'c-1' } })).toMatchObject({
      changed: 11,
    });
    const ended = made[1]!.scheduleId;
    expect(await schedules.cancelMany({ ids: [ended, newId(0)] })).toMatchObject({
      changed: 0,
      unchanged: expect.arrayContaining([
        { runId: ended, status: 'cancelled', code: 'run.ended' },
        { runId: expect.any(String) as string, status: null, code: 'schedule.not_found' },
      ]) as unknown,
    });
    // Runs are found by the same criteria.
    expect(await gateway.client.runs.cancelMany({ where: { workflow: 'controlled', key: 'c-2' } })).toMatchObject({
      changed: 1,
    });
    expect(
      (await gateway.client.runs.search({ workflow: 'controlled', status: 'cancelled', dueBefore: moment(3) })).items,
    ).toHaveLength(1);
  });

  it('leaves what has started alone', async () => {
    const { runId } = await gateway.client.runs.start('started', {}, { wait: '10s' });
    expect(await gateway.client.schedules.cancelMany({ ids: [runId] })).toMatchObject({
      changed: 0,
      unchanged: [{ code: 'schedule.not_found' }],
    });
  });
});

describe('searching', () => {
  const COUNT = 1_500;
  beforeAll(async () => {
    await Promise.all(
      Array.from({ length: COUNT }, (_, n) =>
        create('found', {
          at: moment(n),
          ...(n % 5 === 0 && { key: `order-${n}` }),
          parameters: { n: n % 7, order: { id: n, tag: n === 700 ? 'rare' : 'usual' } },
        }),
      ),
    );
  });

  it.each<[string, ScheduleSearch, number]>([
    ['nothing more', {}, COUNT],
    ['a key', { key: 'order-55' }, 1],
    ['the beginning of keys', { keyPrefix: 'order-1' }, 122],
    ['a beginning that is no pattern', { keyPrefix: 'order_' }, 0],
    ['who asked', { user: 'admin' }, COUNT],
    ['somebody who did not', { user: 'nobody' }, 0],
    ['a time', { dueAfter: moment(9), dueBefore: moment(20) }, 10],
    ['a parameter', { parameters: { n: 3 } }, 214],
    ['what is deep in a parameter', { parameters: { 'order.id': 12 } }, 1],
    ['two parameters', { parameters: { n: 0, 'order.tag': 'rare' } }, 1],
    ['a chain', { chainId: newId(0) }, 0],
    ['a list', { listId: newId(0) }, 0],
    ['a status', { status: 'queued' }, 0],
    ['any status', { status: 'any' }, COUNT],
  ])('finds by %s, in order of time, page by page', async (_, search, count) => {
    const found = await all({ workflow: 'found', ...search }, 400);
    expect(found).toHaveLength(count);
    expect(found.map(({ dueAt }) => dueAt)).toEqual(found.map(({ dueAt }) => dueAt).toSorted());
    const page = await gateway.client.schedules.list({ workflow: 'found', ...search, limit: 1, count: true });
    expect(page).toMatchObject({ count, countIsExact: true });
  });

  it('goes on where a page ended, whatever comes in meanwhile', async () => {
    const wanted = await Promise.all(Array.from({ length: 20 }, (_, n) => create('paged', { at: moment(n) })));
    const first = await gateway.client.schedules.list({ workflow: 'paged', limit: 10 });
    await Promise.all([create('paged', { at: moment(-1) }), create('paged', { at: moment(100) })]);
    const rest = await gateway.client.schedules.list({ workflow: 'paged', limit: 10, cursor: first.nextCursor! });
    expect([...first.items, ...rest.items].map(({ scheduleId }) => scheduleId)).toEqual(
      wanted.map(({ scheduleId }) => scheduleId),
    );
  });
});

describe('parameters that no database can hold', () => {
  it.each(['a\0b', '\ud800'])('are refused: %j', async (text) => {
    await publish('odd');
    await expect(create('odd', { at: moment(1), parameters: { text } })).rejects.toMatchObject({
      code: 'request.invalid',
      status: 400,
    });
  });
});

describe('bad input', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('P1Y', '2016-12-31T23:59:60Z', '2026-02-30T00:00:00Z', '+275760-09-13T00:00:00Z', 'PT1e9H'),
  );
  const time = fc.oneof(text, fc.double(), fc.constant(null), fc.object({ maxDepth: 1 }));
  const amount = fc.oneof(fc.constantFrom(-1, 1e308, Number.MAX_SAFE_INTEGER), fc.double({ noNaN: true }));

  it('is refused, and never the fault of the platform', async () => {
    const bodies = fc.oneof(
      fc.record({ at: time }),
      fc.record({ in: fc.oneof(time, fc.record({ days: amount }), fc.record({ years: amount })) }),
      fc.record({ at: text, in: text }),
      fc.record({ in: fc.constant('PT1H'), key: fc.oneof(fc.string({ unit: 'binary' }), fc.integer()) }),
    );
    const paths = ['/v1/schedules/move', '/v1/workflows/other/schedules'];
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(...paths), async (body, path) => {
        const { status } = await gateway.call('POST', path, body);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({ cursor: text, dueAfter: text, 'parameter.a.b': text, limit: text }, { requiredKeys: [] }),
        async (query) => {
          const { status } = await gateway.call('GET', `/v1/schedules?${new URLSearchParams(query).toString()}`);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });
});
