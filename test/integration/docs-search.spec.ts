import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExplainedSearch, Field, SearchBody } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestData, type TestData } from './open-test-data.ts';

const guide = readFileSync(join(workspaceRoot, 'docs/guides/search.md'), 'utf8');
const shown = [
  ...guide.matchAll(/^<!-- (types|things|search|explain)(?: of (\w+)(?:: ([^\n]*?))?)? -->\n\n```json\n(.*?)^```$/gms),
].map(([, what, type, finds, json]) => ({ what, type, finds, json: JSON.parse(json!) as unknown }));
const only = <T>(what: string): T => shown.find((one) => one.what === what)!.json as T;

let stage: TestData;
beforeAll(async () => {
  stage = await openTestData();
  for (const [name, fields] of Object.entries(only<Record<string, Record<string, Field>>>('types')))
    await stage.data.declareType({ name, fields });
  // A reference is the name of what it refers to.
  const ids = new Map<unknown, string>();
  for (const [type, things] of Object.entries(only<Record<string, Record<string, unknown>[]>>('things'))) {
    for (const thing of things) {
      const fields = Object.entries(thing).map(([key, value]) => [
        key,
        /^(owner|project)$/.test(key) ? ids.get(value) : value,
      ]);
      ids.set(thing['name'] ?? thing['title'], (await stage.create(type, Object.fromEntries(fields))).id);
    }
  }
});
afterAll(() => stage?.close());

it.each(shown.filter(({ what }) => what === 'search'))(
  'search of $type finds $finds',
  async ({ type, finds, json }) => {
    const { items } = await stage.search(type!, json as SearchBody);
    const names = items.map((item) => item['name'] ?? item['title']);
    expect((json as SearchBody).sort === undefined ? names.toSorted() : names).toEqual(finds!.split(', '));
  },
);

it.each(shown.filter(({ what }) => what === 'explain'))('explain of $type', async ({ type, json }) => {
  const explained = (await stage.search(type!, json as SearchBody)) as unknown as ExplainedSearch;
  expect(explained.explanation.summary).toContain(type);
});

it('shows the index that explain would', async () => {
  const [, definition] = /^```sql\n(.*?);\n```$/ms.exec(guide)!;
  await stage.sql.query(`
    INSERT INTO tasks (text) SELECT 'word' || n FROM generate_series(1, 5000) AS n;
    ANALYZE tasks`);
  const body: SearchBody = { where: { text: { matches: 'word7' } }, explain: true };
  const { advice } = ((await stage.search('tasks', body)) as unknown as ExplainedSearch).explanation;
  expect(advice).toEqual([`for matches: ${definition};`]);
});
