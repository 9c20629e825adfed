import type { EvaluationsView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await platform.client.types.declare('order', { total: { kind: 'number' }, note: { kind: 'text' } });
  await platform.publish('large-order', {
    triggers: [{ change: 'order', kinds: ['created'], when: "now.total > 100 and now.note = 'go'" }],
    do: [{ nothing: { set: 1 } }],
  });
});
afterAll(() => platform?.close());

const insert = (total: unknown, note: string) =>
  platform.query('INSERT INTO public.order (total, note) VALUES ($1, $2)', [total, note]);

const recorded = (count: number): Promise<EvaluationsView> =>
  waitFor(
    async () => {
      const view = await platform.client.evaluations.list('large-order');
      return view.items.length >= count ? view : undefined;
    },
    { describe: `${count} decisions` },
  );

describe('decisions of a trigger', () => {
  it('are recorded only where somebody has asked for it', async () => {
    await insert(200, 'go');
    await waitFor(async () => (await platform.client.runs.search({ workflow: 'large-order' })).items.length === 1);
    expect(await platform.client.evaluations.list('large-order')).toEqual({
      recording: null,
      items: [],
      nextCursor: null,
    });
  });

  it('show what the condition saw and what it gave, those included at which nobody had to look', async () => {
    const { until } = await platform.client.evaluations.record('large-order', { for: { hours: 1 }, most: 3 });
    expect(Date.parse(until)).toBeGreaterThan(Date.now());
    await insert(300, 'go');
    await insert(50, 'go');
    await insert(500, 'x'.repeat(2_000));
    const { recording, items } = await recorded(3);
    expect(recording).toMatchObject({ most: 3, until });
    expect(items.map(({ outcome, value }) => [outcome, value])).toEqual([
      ['condition', false],
      ['condition', false],
      ['started', true],
    ]);
    const [long, , started] = items;
    expect(started).toMatchObject({
      trigger: 0,
      workflowVersion: 1,
      type: 'order',
      kind: 'created',
      now: { total: 300, note: 'go' },
      condition: "now.total > 100 and now.note = 'go'",
    });
    expect((long!.now as unknown as { note: string }).note).toHaveLength(501);
    expect(await platform.client.runs.get(started!.runId!)).toMatchObject({ workflow: 'large-order' });
    const { items: only } = await platform.client.evaluations.list('large-order', { outcome: 'started' });
    expect(only.map(({ runId }) => runId)).toEqual([started!.runId]);
  });

  it('are no more than was asked for, the newest', async () => {
    const [newest] = (await platform.client.evaluations.list('large-order')).items;
    await insert(1_000, 'go');
    const { items } = await waitFor(async () => {
      const view = await platform.client.evaluations.list('large-order');
      // Old ones go a moment after new ones have come.
      return view.items[0]?.changeId === newest?.changeId || view.items.length > 3 ? undefined : view;
    });
    expect(items).toHaveLength(3);
    expect(items[0]).toMatchObject({ outcome: 'started', now: { total: 1_000 } });
  });

  it('are read page by page', async () => {
    const first = await platform.client.evaluations.list('large-order', { limit: 2 });
    expect(first.items).toHaveLength(2);
    const rest = await platform.client.evaluations.list('large-order', { limit: 2, cursor: first.nextCursor! });
    expect(rest.items).toHaveLength(1);
    expect(rest.nextCursor).toBeNull();
  });

  it('tell why a condition could not be evaluated', async () => {
    await platform.publish('large-order', {
      triggers: [{ change: 'order', when: '$sum(now.note) > 1' }],
      do: [{ nothing: { set: 1 } }],
    });
    await insert(1, 'text');
    const { items } = await waitFor(async () => {
      const view = await platform.client.evaluations.list('large-order');
      return view.items[0]?.workflowVersion === 2 ? view : undefined;
    });
    expect(items[0]).toMatchObject({ outcome: 'error', error: { code: 'expression.failed' } });
  });

  it('are forgotten when nobody wants them any more', async () => {
    await platform.client.evaluations.stop('large-order');
    expect(await platform.client.evaluations.list('large-order')).toMatchObject({ recording: null, items: [] });
  });

  it.each([
    [{ for: { days: 30 } }, '/for'],
    [{ for: { hours: 1 }, most: 1_000_000 }, '/most'],
    [{}, '/for'],
  ])('are not recorded for %j', async (body, pointer) => {
    const recording = platform.client.evaluations.record('large-order', body as { for: object });
    await expect(recording).rejects.toMatchObject({ code: 'request.invalid', problem: { errors: [{ pointer }] } });
  });

  it('are those of a workflow that exists', async () => {
    const recording = platform.client.evaluations.record('nobody', { for: { hours: 1 } });
    await expect(recording).rejects.toMatchObject({ code: 'workflow.not_found' });
  });
});
