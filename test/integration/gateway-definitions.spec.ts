import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0, schedulers: 0 });
  for (const workflow of ['night', 'night-shift']) await platform.publish(workflow, { do: [{ a: { set: 1 } }] });
});
afterAll(() => platform?.close());

it('finds recurrences by workflow and key, page by page, and by whether they end with a thing', async () => {
  const { recurrences, types, things } = platform.client;
  await types.declare('shops', { name: { kind: 'text' } });
  const { id } = await things.create('shops', { name: 'One' });
  for (const key of ['c', 'a', 'B:1']) await recurrences.put('night', key, { every: { hours: 1 } });
  await recurrences.put('night-shift', 'of-a-shop', { every: { hours: 1 }, thing: { type: 'shops', id } });
  await recurrences.pause('night', 'a');

  const names: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await recurrences.search({ limit: 2, ...(cursor && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(2);
    names.push(...page.items.map(({ workflow, key }) => `${workflow}/${key}`));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(new Set(names)).toEqual(new Set(['night/a', 'night/B:1', 'night/c', 'night-shift/of-a-shop']));
  expect(names).toHaveLength(4);

  const keys = async (search: object) => (await recurrences.search(search)).items.map(({ key }) => key);
  expect(await keys({ workflow: 'night-shift' })).toEqual(['of-a-shop']);
  expect(await keys({ attached: true })).toEqual(['of-a-shop']);
  expect(await keys({ attached: false, workflow: 'night-shift' })).toEqual([]);
  const [paused] = (await recurrences.search({ workflow: 'night' })).items.filter(({ key }) => key === 'a');
  expect(paused).toEqual(await recurrences.get('night', 'a'));
  for (const wrong of [{ cursor: 'night' }, { cursor: 'a/b/c' }, { limit: 0 }, { workflow: 'No Name' }]) {
    await expect(recurrences.search(wrong)).rejects.toMatchObject({ code: 'request.invalid' });
  }
});

it('lists what limits the starts of workflows, whoever has set it', async () => {
  const { flows } = platform.client;
  expect(await flows.list()).toEqual([]);
  await platform.publish('limited', { flow: { concurrency: { limit: 2 } }, do: [{ a: { set: 1 } }] });
  await flows.put('night', { rate: { limit: 5, per: { minutes: 1 } } });
  expect(await flows.list()).toEqual([
    { workflow: 'limited', flow: { concurrency: { limit: 2 } }, updatedAt: expect.any(String) as string },
    { workflow: 'night', flow: { rate: { limit: 5, per: { minutes: 1 } } }, updatedAt: expect.any(String) as string },
  ]);
});
