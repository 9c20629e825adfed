import { createClient, type Client } from '@nightshift/client';
import type { Thing } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let ada: Thing;
let bob: Thing;

const as = (user: string | null): Client => createClient({ url: platform.url, key: platform.adminKey, user });
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

/** Finds all notes, one by its id, and changes it. */
const look = {
  parameters: { type: 'object', properties: { id: { type: 'string' } } },
  do: [
    { found: { search: { type: 'note', sort: ['text'] } } },
    { one: { get: { type: 'note', id: '=parameters.id' } } },
    { mark: { change: { type: 'note', id: '=parameters.id', fields: { mark: '=$string(run.id)' } } } },
  ],
  return: {
    texts: '=[found.items.text]',
    one: '=$exists(one)',
    isMarked: '=$exists(mark)',
    user: '=currentUser.id',
  },
};

const noteOf = async (owner: Thing): Promise<string> =>
  (await platform.client.things.search('note', { where: { owner: owner.id } })).items[0]!.id;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  const { client } = platform;
  await client.types.declare('user', { name: { kind: 'text' } });
  await client.types.declare('note', {
    text: { kind: 'text' },
    owner: { kind: 'reference', type: 'user' },
    mark: { kind: 'text' },
  });
  await client.types.setPrivacy('note', [
    { name: 'own', when: 'thing.owner = currentUser.id', find: true, see: 'all', create: true, change: true },
  ]);
  ada = await client.things.create('user', { name: 'Ada' });
  bob = await client.things.create('user', { name: 'Bob' });
  for (const owner of [ada, bob]) await client.things.create('note', { text: `of ${owner.name}`, owner: owner.id });
  await platform.publish('look', look);
  await platform.publish('look-anyway', { ignorePrivacy: true, ...look });
  await platform.publish('caller', {
    parameters: look.parameters,
    do: [
      { plain: { call: { workflow: 'look', parameters: { id: '=parameters.id' } } } },
      { anyway: { call: { workflow: 'look', parameters: { id: '=parameters.id' }, ignorePrivacy: true } } },
      { later: { schedule: { workflow: 'look', in: { milliseconds: 1 }, parameters: { id: '=parameters.id' } } } },
    ],
    return: { plain: '=plain', anyway: '=anyway', later: '=later.runId' },
  });
});
afterAll(() => platform?.close());

it('things over REST are as the named user may know them', async () => {
  const note = await noteOf(bob);
  expect((await as(bob.id).things.search('note')).items.map(({ text }) => text)).toEqual(['of Bob']);
  expect((await as(ada.id).things.search('note', { count: true })).count).toBe(1);
  expect((await as(null).things.search('note')).items).toEqual([]);
  expect((await platform.client.things.search('note')).items).toHaveLength(2);
  expect(await refusal(as(ada.id).things.get('note', note))).toBe('thing.not_found');
  expect(await refusal(as(ada.id).things.change('note', note, { text: 'x' }))).toBe('thing.not_found');
  expect(await refusal(as(bob.id).things.delete('note', note))).toBe('privacy.denied');
  expect(await refusal(as(ada.id).things.create('note', { text: 'x', owner: bob.id }))).toBe('thing.invalid');
  expect(await refusal(as(null).things.create('note', { text: 'x' }))).toBe('privacy.denied');
});

it('many things are changed, deleted, copied and exported as the named user may know them', async () => {
  const { things } = as(ada.id);
  const textOf = async (client: Client): Promise<string> =>
    new Response(await client.things.export('note', { fields: ['text'], sort: ['text'] })).text();
  expect(await things.changeMany('note', { where: {}, fields: { mark: 'many' } })).toEqual({ changed: 1 });
  expect(await things.changeMany('note', { where: {}, fields: { mark: 'x' }, dryRun: true })).toMatchObject({
    changed: 1,
  });
  expect((await platform.client.things.search('note', { where: { mark: 'many' } })).items).toMatchObject([
    { owner: ada.id },
  ]);
  expect(await things.deleteMany('note', { where: {} })).toEqual({ deleted: 0 });
  expect(await things.deleteMany('note', { where: { owner: bob.id } })).toEqual({ deleted: 0 });
  const { ids } = await things.copyMany('note', { where: {}, fields: { text: 'a copy' } });
  expect(await textOf(as(ada.id))).toBe('text\na copy\nof Ada\n');
  expect(await textOf(as(null))).toBe('text\n');
  for (const id of ids) await platform.client.things.delete('note', id);
  await platform.client.things.changeMany('note', { where: {}, clear: ['mark'] });
});

it('whoever sees all of a thing may change it as he has read it', async () => {
  const id = await noteOf(bob);
  const { etag } = await as(bob.id).things.getWithVersion('note', id);
  await as(bob.id).things.change('note', id, { mark: 'first' }, { ifMatch: etag });
  expect(await refusal(as(bob.id).things.change('note', id, { mark: 'second' }, { ifMatch: etag }))).toBe(
    'thing.changed',
  );
  expect(await refusal(as(ada.id).things.change('note', id, { mark: 'third' }, { ifMatch: etag }))).toBe(
    'thing.not_found',
  );
  expect(await platform.client.things.change('note', id, { mark: null })).toMatchObject({ text: 'of Bob', mark: null });
});

it('a thing remembers the user who made it', async () => {
  const note = await as(ada.id).things.create('note', { text: 'made', owner: ada.id });
  expect(note).toMatchObject({ createdBy: ada.id, owner: ada.id });
  await platform.client.things.delete('note', note.id);
});

it('a user who is not there is nobody to act as, and other routes are not for users', async () => {
  const nobody = '01890000-0000-7000-8000-000000000099';
  expect(await refusal(as(nobody).things.search('note'))).toBe('auth.unknown_user');
  expect(await refusal(as('no id').things.search('note'))).toBe('auth.unknown_user');
  expect(await refusal(as(nobody).runs.start('look'))).toBe('auth.unknown_user');
  expect(await refusal(as(ada.id).types.list())).toBe('auth.not_for_users');
  expect(await refusal(as(ada.id).types.setPrivacy('note', []))).toBe('auth.not_for_users');
  expect(await refusal(createClient({ url: platform.url, key: 'wrong', user: ada.id }).things.search('note'))).toBe(
    'auth.wrong_key',
  );
});

it('an idempotency key is the own one of each user', async () => {
  const create = (user: Thing): Promise<Thing> =>
    as(user.id).things.create('note', { text: 'once', owner: user.id }, { idempotencyKey: 'once' });
  const made = [await create(ada), await create(bob), await create(ada)];
  expect(made.map(({ owner }) => owner)).toEqual([ada.id, bob.id, ada.id]);
  expect(made[2]!.id).toBe(made[0]!.id);
  for (const id of new Set(made.map((thing) => thing.id))) await platform.client.things.delete('note', id);
});

it('a run acts as the user whom it was requested for, unless its workflow ignores privacy rules', async () => {
  const id = await noteOf(bob);
  const outcome = async (client: Client, workflow = 'look') => {
    const { runId } = await client.runs.start(workflow, { id });
    return platform.ended(runId);
  };
  const hers = await outcome(as(ada.id));
  expect(hers).toMatchObject({ status: 'succeeded', user: ada.id, requestedBy: { kind: 'key', user: ada.id } });
  expect(hers.result).toEqual({ texts: ['of Ada'], one: false, isMarked: false, user: ada.id });
  expect(hers.ignoresPrivacy).toBeUndefined();

  const nobodys = await outcome(as(null));
  expect(nobodys).toMatchObject({ user: null, result: { texts: [], one: false, isMarked: false } });

  const platforms = await outcome(platform.client);
  expect(platforms.result).toMatchObject({ texts: ['of Ada', 'of Bob'], one: true, isMarked: true });
  expect(platforms).not.toHaveProperty('user');

  const anyway = await outcome(as(ada.id), 'look-anyway');
  expect(anyway).toMatchObject({ user: ada.id, ignoresPrivacy: true });
  expect(anyway.result).toEqual({ texts: ['of Ada', 'of Bob'], one: true, isMarked: true, user: ada.id });
});

it('what a run calls and schedules acts as the same user', async () => {
  const id = await noteOf(bob);
  const { runId } = await as(ada.id).runs.start('caller', { id });
  const { result } = (await platform.ended(runId)) as { result: Record<string, unknown> };
  expect(result).toMatchObject({ plain: { texts: ['of Ada'] }, anyway: { texts: ['of Ada', 'of Bob'] } });
  const later = await platform.ended(result['later'] as string);
  expect(later).toMatchObject({ user: ada.id, result: { texts: ['of Ada'], isMarked: false } });
});

it('a schedule, a list and a replay keep the user; a schedule under a key acts as who put it last', async () => {
  const id = await noteOf(bob);
  const at = new Date(Date.now() + 50).toISOString();
  const { runId } = await as(ada.id).schedules.create('look', { at, parameters: { id } });
  expect(await platform.ended(runId)).toMatchObject({ user: ada.id, result: { texts: ['of Ada'] } });

  const replayed = await platform.client.runs.replay(runId);
  expect(await platform.ended(replayed.runId)).toMatchObject({ user: ada.id, result: { texts: ['of Ada'] } });

  const far = new Date(Date.now() + 3_600_000).toISOString();
  await as(ada.id).schedules.create('look', { at: far, key: 'one', parameters: { id } });
  const put = await as(bob.id).schedules.create('look', {
    at: new Date().toISOString(),
    key: 'one',
    parameters: { id },
  });
  expect(put.replaced).toBe(true);
  expect(await platform.ended(put.runId)).toMatchObject({ user: bob.id, result: { texts: ['of Bob'] } });

  const { listId, total } = await as(bob.id).lists.create('look', {
    query: { type: 'note' },
    as: 'note',
    parameters: { id },
  });
  expect(total).toBe(1);
  const item = await waitFor(async () => (await platform.client.runs.search({ list: listId })).items[0], {
    describe: "the list's run",
  });
  expect(await platform.ended(item.id)).toMatchObject({ user: bob.id, result: { texts: ['of Bob'] } });
});

it('a transaction acts as the user in each of its steps', async () => {
  const id = await noteOf(bob);
  await platform.publish('both', {
    parameters: look.parameters,
    do: [
      {
        all: {
          transaction: [
            { found: { search: { type: 'note' } } },
            { mark: { change: { type: 'note', id: '=parameters.id', fields: { mark: 'x' } } } },
            { seen: { set: { texts: '=[found.items.text]', isMarked: '=$exists(mark)' } } },
          ],
        },
      },
    ],
    return: '=seen',
  });
  const run = async (client: Client) => (await platform.ended((await client.runs.start('both', { id })).runId)).result;
  expect(await run(as(ada.id))).toEqual({ texts: ['of Ada'], isMarked: false });
  expect(await run(as(bob.id))).toEqual({ texts: ['of Bob'], isMarked: true });
});

it('a run that a change starts acts as the platform, and knows who changed', async () => {
  await platform.publish('after', {
    triggers: [{ change: 'note', kinds: ['changed'], when: "now.text = 'loud'" }],
    do: [{ found: { search: { type: 'note' } } }],
    return: { count: '=$count(found.items)', actor: '=trigger.origin.actor' },
  });
  await as(bob.id).things.change('note', await noteOf(bob), { text: 'loud' });
  const started = await waitFor(async () => (await platform.client.runs.search({ workflow: 'after' })).items[0], {
    describe: 'the run that the change starts',
  });
  const run = await platform.ended(started.id);
  expect(run).not.toHaveProperty('user');
  expect(run.result).toEqual({ count: 2, actor: `user:${bob.id}` });
});
