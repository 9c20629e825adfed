import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudEvent, EventSourceBody } from '@nightshift/contracts';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openTestPlatform, type Document, type TestPlatform } from './test-platform.ts';

/** The parts of a guide that are marked so, in their order. */
const shownIn = (guide: string, mark: string, language: string): string[][] => {
  const text = readFileSync(join(workspaceRoot, 'docs/guides', guide), 'utf8');
  const found = [...text.matchAll(new RegExp(`^<!-- ${mark} -->\n\n\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  expect(found.length).toBeGreaterThan(0);
  return found.map((match) => match.slice(1));
};

let platform: TestPlatform;
beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await waitFor(async () => (await platform.query('SELECT FROM pg_replication_slots WHERE active')).length > 0);
}, 60_000);
afterAll(() => platform?.close());

it('the guide to SQL starts what it says', async () => {
  await platform.client.types.declare('orders', { total: { kind: 'number' } });
  await platform.publish('welcome', {
    parameters: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    do: [{ nothing: { set: 1 } }],
  });
  for (const [sql] of shownIn('from-sql.md', 'run as sql', 'sql')) await platform.query(sql!);
  await platform.query('INSERT INTO orders (total) VALUES (1)');
  const names = await waitFor(async () => {
    const rows = await platform.query<{ name: string }>(
      `SELECT data -> 'parameters' ->> 'name' AS name FROM nightshift.run_events WHERE version = 1`,
    );
    return rows.length === 7 ? rows.map(({ name }) => name.replace(/^order .*/, 'order')).toSorted() : undefined;
  });
  expect(names).toEqual(['Ada', 'Ada', 'Bob', 'Cy', 'Dan', 'Eve', 'order']);
  expect((await platform.client.schedules.list({ key: 'reminder:ada' })).items).toHaveLength(1);
  expect((await platform.client.deadLetters.list()).items).toEqual([]);
});

it('the guide to events starts what it says, and its sources are right', async () => {
  const [[workflow]] = shownIn('events.md', 'workflow', 'yaml') as [[string]];
  const document = parse(workflow) as Document & { workflow: string };
  await platform.publish(document.workflow, document);
  const [[event]] = shownIn('events.md', 'event', 'json') as [[string]];
  const answer = await platform.client.sendEvent(JSON.parse(event) as CloudEvent);
  expect(answer).toEqual({ id: 'pay-17', isNew: true, woken: 0, matching: true });
  const started = await waitFor(
    async () => (await platform.client.runs.search({ workflow: document.workflow })).items[0],
  );
  expect(await platform.ended(started.id)).toMatchObject({ result: 'Thank you for A-17' });

  for (const secret of ['stripeSigning', 'shopSigning', 'shopSigningNext'])
    await platform.client.secrets.put(secret, 'x');
  for (const [name, source] of shownIn('events.md', 'event source (\\w+)', 'json'))
    await platform.client.eventSources.put(name!, JSON.parse(source!) as EventSourceBody);
  expect((await platform.client.eventSources.list()).map(({ name }) => name)).toEqual(['shop', 'stripe']);
});
