import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Client } from '@nightshift/client';
import type { PrivacyBody, SearchBody, Thing } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openTestPlatform, type Document, type TestPlatform } from './test-platform.ts';

/** What docs/guides/privacy.md shows, done. */
const guide = readFileSync(join(workspaceRoot, 'docs/guides/privacy.md'), 'utf8');
const block = (language: string): string => new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(guide)![1]!;

let platform: TestPlatform;
const people: Record<string, Thing> = {};
const as = (user: string | null): Client => createClient({ url: platform.url, key: platform.adminKey, user });

beforeAll(async () => {
  platform = await openTestPlatform();
  const { types, things } = platform.client;
  await types.declare('user', { name: { kind: 'text' }, role: { kind: 'text' } });
  await types.declare('team', { members: { kind: 'reference', type: 'user', list: true } });
  await types.declare('project', {
    title: { kind: 'text' },
    owner: { kind: 'reference', type: 'user' },
    team: { kind: 'reference', type: 'team' },
    state: { kind: 'text' },
    budget: { kind: 'integer' },
    public: { kind: 'boolean' },
  });
  const { rules } = JSON.parse(block('json')) as PrivacyBody;
  expect(await types.setPrivacy('project', rules)).toEqual({ type: 'project', rules });
  expect(await types.privacy('project')).toEqual({ type: 'project', rules });
  for (const name of ['owner', 'member', 'auditor', 'stranger'])
    people[name] = await things.create('user', { name, role: name === 'auditor' ? 'auditor' : null });
  const team = await things.create('team', { members: [people['member']!.id] });
  const project = { owner: people['owner']!.id, team: team.id };
  await things.create('project', { ...project, title: 'drafted', state: 'draft', budget: 150 });
  await things.create('project', { ...project, title: 'shown', state: 'open', budget: 120, public: true });
  await things.create('project', { ...project, title: 'small', state: 'open', budget: 20 });
});
afterAll(() => platform?.close());

it.each([
  [
    'owner',
    [
      ['drafted', 150],
      ['shown', 120],
    ],
  ],
  ['member', [['shown', 120]]],
  // He finds all of them, but sees the title of the public one alone.
  [
    'auditor',
    [
      [null, 150],
      ['shown', 120],
    ],
  ],
  ['stranger', []],
])('the search of the guide, as the %s', async (name, expected) => {
  const search = JSON.parse(block('http').split('\n\n')[1]!) as SearchBody;
  const { items, count } = await as(people[name]!.id).things.search('project', search);
  expect(items.map(({ title, budget }) => [title, budget])).toEqual(expected);
  expect(count).toBe(expected.length);
});

it('the workflow of the guide counts what its user may not find', async () => {
  await platform.publish('count-projects', parse(block('yaml')) as Document);
  const { runId } = await as(null).runs.start('count-projects');
  expect(await platform.ended(runId)).toMatchObject({ result: { count: 3 }, user: null, ignoresPrivacy: true });
});
