import { makeLogger, openService, readConfig, type OpenService } from '@nightshift/runtime';
import { connectScheduler, SchedulerConfigSchema } from '@nightshift/scheduler';
import { waitFor } from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
const things = new Set(['u1']);
let scheduler: OpenService | undefined;

beforeAll(async () => {
  gateway = await openTestGateway({
    data: (request) => (things.has((request as { id: string }).id) ? { id: 'u1' } : null),
  });
  await publish(1);
});

afterEach(async () => {
  await scheduler?.close();
  scheduler = undefined;
});

afterAll(() => gateway.close());

const publish = async (value: number): Promise<void> => {
  await gateway.client.workflows.save('nightly', { workflow: 'nightly', do: [{ step: { set: value } }] });
  await gateway.client.workflows.publish('nightly');
};

const startScheduler = async (): Promise<void> => {
  const config = readConfig(SchedulerConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: gateway.nats.url,
    NIGHTSHIFT_LEDGER_URL: gateway.databaseUrl,
  });
  scheduler = await openService(await connectScheduler(config, makeLogger({ app: 'scheduler', level: 'fatal' })));
};

const recurrences = () => gateway.client.recurrences;
const monthly = { calendar: { frequency: 'monthly', day: 31, at: '09:00' }, timeZone: 'Europe/Berlin' } as const;

describe('a recurrence', () => {
  it('is answered as it was set, with the next ten moments', async () => {
    const body = {
      ...monthly,
      startAt: '2999-01-01T00:00:00Z',
      endAt: '2999-04-30T12:00:00Z',
      exclude: ['2999-03-31'],
      jitter: { minutes: 5 },
      misfire: { within: 'PT1H' },
      overlap: 'queue',
      thing: { type: 'user', id: 'u1' },
      parameters: { a: 1 },
    } as const;
    const made = await recurrences().put('nightly', 'full', structuredClone(body) as never);
    const next = ['2999-01-31T08:00:00.000Z', '2999-02-28T08:00:00.000Z', '2999-04-30T07:00:00.000Z'];
    expect(made).toEqual({ workflow: 'nightly', key: 'full', ...body, paused: false, next });
    expect(await recurrences().get('nightly', 'full')).toEqual(made);
    await recurrences().delete('nightly', 'full');
  });

  it('is paused and resumed, and stays paused when it is replaced by one that does not say', async () => {
    await recurrences().put('nightly', 'paused', { ...monthly });
    expect(await recurrences().pause('nightly', 'paused')).toMatchObject({ paused: true, key: 'paused' });
    expect(await recurrences().put('nightly', 'paused', { every: { days: 1 } })).toMatchObject({ paused: true });
    expect(await recurrences().resume('nightly', 'paused')).toMatchObject({ paused: false });
    expect(await recurrences().put('nightly', 'paused', { ...monthly, paused: true })).toMatchObject({ paused: true });
    expect(await recurrences().put('nightly', 'paused', { ...monthly, paused: false })).toMatchObject({
      paused: false,
    });
    await recurrences().delete('nightly', 'paused');
    for (const action of ['pause', 'resume', 'get', 'occurrences'] as const) {
      await expect(recurrences()[action]('nightly', 'paused')).rejects.toMatchObject({ code: 'recurrence.not_found' });
    }
  });

  it('that is pinned says to which version, until it is set again', async () => {
    const pinned = await recurrences().put('nightly', 'pinned', { every: { days: 1 }, version: 'pinned' });
    expect(pinned).toMatchObject({ version: 'pinned', workflowVersion: 1 });
    await publish(2);
    expect(await recurrences().get('nightly', 'pinned')).toMatchObject({ workflowVersion: 1 });
    await waitFor(
      async () =>
        (await recurrences().put('nightly', 'pinned', { every: { days: 1 }, version: 'pinned' })).workflowVersion === 2,
    );
    expect(await recurrences().put('nightly', 'pinned', { every: { days: 1 } })).not.toHaveProperty('workflowVersion');
  });

  it('that is pinned does not stand in the way of a version that takes other parameters', async () => {
    const document = { workflow: 'strict', do: [{ step: { set: 1 } }] };
    await gateway.client.workflows.save('strict', document);
    await gateway.client.workflows.publish('strict');
    const parameters = { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] };
    await recurrences().put('strict', 'kept', { every: { days: 1 }, version: 'pinned' });
    await gateway.client.workflows.save('strict', { ...document, parameters });
    expect(await gateway.client.workflows.publish('strict')).toMatchObject({ publishedVersion: 2 });
  });

  it.each([
    [{ calendar: { frequency: 'weekly', at: '09:00' } }, 'recurrence.invalid', '/calendar/days'],
    [{ calendar: { frequency: 'daily', at: '9:00' } }, 'request.invalid', '/calendar/at'],
    [{ calendar: { frequency: 'hourly', at: '09:00' } }, 'request.invalid', '/calendar/frequency'],
    [{ every: 'PT1H', cron: '* * * * *' }, 'recurrence.invalid', ''],
    [{ every: 'PT1H', overlap: 'sometimes' }, 'request.invalid', '/overlap'],
    [{ every: 'PT1H', jitter: 'PT2H' }, 'recurrence.invalid', '/jitter'],
    [{ every: 'PT1H', endAt: '2020-01-01T00:00:00Z' }, 'recurrence.invalid', ''],
    [{ every: 'PT1H', exclude: [{ from: '2026-02-01', to: '2026-01-01' }] }, 'recurrence.invalid', '/exclude/0/to'],
    [{ every: 'PT1H', thing: { type: 'user', id: 'u2' } }, 'thing.not_found', '/thing'],
  ])('that is wrong is refused with its place: %j', async (body, code, pointer) => {
    const refused = await gateway.call('PUT', '/v1/workflows/nightly/recurrences/wrong', body);
    const problem = (await refused.json()) as { code: string; errors: { pointer: string }[] };
    expect(problem.code).toBe(code);
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
  });
});

describe('a preview', () => {
  it('needs no workflow, and begins where it is told', async () => {
    expect(await recurrences().preview({ ...monthly }, { count: 3, from: '2028-01-31T12:00:00Z' })).toEqual({
      next: ['2028-02-29T08:00:00.000Z', '2028-03-31T07:00:00.000Z', '2028-04-30T07:00:00.000Z'],
    });
    await expect(recurrences().preview({ cron: 'soon' })).rejects.toMatchObject({
      code: 'recurrence.invalid',
      problem: { errors: [{ pointer: '/spec/cron' }] },
    });
  });

  it('is what runs, and what the account then tells, page by page', async () => {
    await startScheduler();
    const body = { cron: '* * * * * *', timeZone: 'Asia/Kathmandu' };
    const { next } = await recurrences().preview(body, { count: 6 });
    await recurrences().put('nightly', 'previewed', body);
    await waitFor(async () => (await recurrences().occurrences('nightly', 'previewed')).items.length >= 4);
    await recurrences().delete('nightly', 'previewed');
    const { items } = await recurrences().occurrences('nightly', 'previewed');
    const ran = items.map(({ plannedAt }) => plannedAt).reverse();
    // The first second of the preview may be over when the recurrence is set.
    const from = next.indexOf(ran[0]!);
    expect(from).toBeGreaterThanOrEqual(0);
    const common = next.slice(from, from + ran.length);
    expect(common.length).toBeGreaterThanOrEqual(2);
    expect(ran.slice(0, common.length)).toEqual(common);

    const paged = [];
    for (let cursor: string | undefined; ;) {
      const page = await recurrences().occurrences('nightly', 'previewed', { limit: 3, ...(cursor && { cursor }) });
      paged.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(items);
    for (const one of items) {
      expect(one).toMatchObject({ outcome: 'fired', lateMs: expect.any(Number) as number });
      const run = one.outcome === 'fired' ? await gateway.client.runs.get(one.runId) : undefined;
      expect(run).toMatchObject({ cause: { kind: 'recurrence', key: 'previewed', plannedAt: one.plannedAt } });
    }
  });
});
