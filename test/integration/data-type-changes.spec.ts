import { Failure, type DeclaredField, type FailureCode, type Thing, type TypePlan } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let replica: Data;
let sql: pg.Client;

interface More {
  drop?: string[];
  renamedFrom?: string;
  confirm?: string;
}
const open = (): Data =>
  openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
const declare = (name: string, fields: Record<string, DeclaredField>, more: More = {}) =>
  data.declareType({ name, fields, ...more });
const plan = (name: string, fields: Record<string, DeclaredField>, more: More = {}): Promise<TypePlan> =>
  data.planType({ name, fields, ...more });
const create = (type: string, fields: object) => data.answer({ action: 'create', type, fields }) as Promise<Thing>;
const get = (type: string, { id }: Thing) => data.answer({ action: 'get', type, id }) as Promise<Thing>;
const refusal = async (work: Promise<unknown>, code: FailureCode): Promise<Failure> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).code).toBe(code);
  return failure as Failure;
};
const fieldsOf = async (name: string) => (await data.listTypes()).find((type) => type.name === name)?.fields;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = open();
  replica = open();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});

afterAll(async () => {
  await sql?.end();
  await data?.close();
  await replica?.close();
  await database?.drop();
});

describe('renaming a field', () => {
  it('keeps its values, and is done once', async () => {
    await declare('person', { naem: { kind: 'text', indexed: true }, mood: { kind: 'option', options: ['good'] } });
    const ada = await create('person', { naem: 'Ada', mood: 'good' });
    const fields: Record<string, DeclaredField> = {
      name: { kind: 'text', indexed: true, renamedFrom: 'naem' },
      state: { kind: 'option', options: ['good'], renamedFrom: 'mood' },
    };
    expect((await plan('person', fields)).steps.map(({ does }) => does)).toEqual([
      'naem is renamed to name',
      'mood is renamed to state',
    ]);
    for (let times = 0; times < 2; times++)
      expect((await declare('person', fields)).fields).toEqual({
        name: { kind: 'text', indexed: true },
        state: { kind: 'option', options: ['good'] },
      });
    expect(await get('person', ada)).toMatchObject({ name: 'Ada', state: 'good' });
    expect((await plan('person', fields)).steps).toEqual([]);
    await expect(sql.query(`INSERT INTO person (state) VALUES ('bad')`)).rejects.toThrow('state_options');
    const old = await refusal(create('person', { naem: 'x' }), 'thing.invalid');
    expect(old.details.errors).toMatchObject([{ pointer: '/naem', suggestion: 'name' }]);
  });

  it('is refused when there are both, or neither, or the field is built in', async () => {
    await declare('pair', { a: { kind: 'text' }, b: { kind: 'text' } });
    const both = await refusal(declare('pair', { b: { kind: 'text', renamedFrom: 'a' } }), 'type.in_conflict');
    expect(both.details.errors).toEqual([
      { pointer: '/fields/b/renamedFrom', detail: 'cannot become b: there are both a and b' },
    ]);
    const neither = await refusal(declare('pair', { d: { kind: 'text', renamedFrom: 'c' } }), 'type.in_conflict');
    expect(neither.message).toContain('neither c nor d');
    await refusal(declare('unborn', { d: { kind: 'text', renamedFrom: 'c' } }), 'type.in_conflict');
    await refusal(declare('pair', { d: { kind: 'dateTime', renamedFrom: 'createdAt' } }), 'type.invalid');
    expect(Object.keys((await fieldsOf('pair'))!)).toEqual(['a', 'b']);
  });
});

describe('dropping a field', () => {
  it('says what is lost, and needs the confirmation of exactly that', async () => {
    await declare('note', { text: { kind: 'text' }, old: { kind: 'integer' } });
    const kept = await create('note', { text: 'x', old: 7 });
    await create('note', { text: 'y' });
    const planned = await plan('note', {}, { drop: ['old'] });
    expect(planned).toMatchObject({
      type: 'note',
      verdict: 'unconfirmed',
      steps: [
        {
          does: 'old is dropped, with its values, indexes and rules',
          sql: ['ALTER TABLE public."note" DROP COLUMN "old"'],
          locks: 'everything',
          takes: 'moment',
          affected: [{ detail: 'lose their old', things: 1, sample: [{ id: kept.id, value: 7 }], canConfirm: true }],
        },
      ],
    });
    const refused = await refusal(declare('note', {}, { drop: ['old'] }), 'type.unconfirmed');
    expect(refused.message).toContain(`1 thing lose their old (${kept.id})`);
    expect(refused.message).toContain(planned.hash);
    expect(refused.message).not.toContain('7,');
    // The plan of something else confirms nothing.
    const other = await plan('note', {}, { drop: ['text'] });
    await refusal(declare('note', {}, { drop: ['old'], confirm: other.hash }), 'type.unconfirmed');
    expect(await get('note', kept)).toMatchObject({ old: 7 });
    expect((await declare('note', {}, { drop: ['old'], confirm: planned.hash })).fields).toEqual({
      text: { kind: 'text' },
    });
    expect(await get('note', kept)).not.toHaveProperty('old');
    // A field that is made again is another one.
    await declare('note', { old: { kind: 'integer' } });
    await create('note', { old: 8 });
    await refusal(declare('note', {}, { drop: ['old'], confirm: planned.hash }), 'type.unconfirmed');
  });

  it('loses nothing where there is nothing', async () => {
    await declare('blank', { a: { kind: 'text' } });
    await create('blank', {});
    expect(await plan('blank', {}, { drop: ['a', 'b'] })).toMatchObject({ verdict: 'ready' });
    await declare('blank', {}, { drop: ['a', 'b'] });
    expect(await fieldsOf('blank')).toEqual({});
    await refusal(declare('blank', {}, { drop: ['id'] }), 'type.invalid');
  });

  it('is refused where the database stands on it, and nothing of the rest is done', async () => {
    await declare('seen', { a: { kind: 'text' } });
    await sql.query('CREATE VIEW seer AS SELECT a FROM seen');
    const failure = await refusal(declare('seen', { b: { kind: 'text' } }, { drop: ['a'] }), 'type.in_conflict');
    expect(failure.message).toContain('view seer');
    expect(Object.keys((await fieldsOf('seen'))!)).toEqual(['a']);
  });
});

describe('options', () => {
  it('can be added, and taken away where nothing has them', async () => {
    await declare('order', { state: { kind: 'option', options: ['new', 'paid'], default: 'new' } });
    const order = await create('order', {});
    await declare('order', { state: { kind: 'option', options: ['new', 'paid', 'sent'], default: 'new' } });
    await create('order', { state: 'sent' });
    const state: DeclaredField = { kind: 'option', options: ['paid', 'sent'], default: 'paid' };
    const failure = await refusal(declare('order', { state }), 'type.in_conflict');
    expect(failure.message).toContain(`1 thing hold a value that its new options cannot hold (${order.id})`);
    const emptying: Record<string, DeclaredField> = { state: { ...state, whereUnfit: 'null' } };
    await refusal(declare('order', emptying), 'type.unconfirmed');
    const { hash, verdict } = await plan('order', emptying);
    expect(verdict).toBe('unconfirmed');
    await declare('order', emptying, { confirm: hash });
    expect(await get('order', order)).toMatchObject({ state: null });
    expect(await create('order', {})).toMatchObject({ state: 'paid' });
    await expect(sql.query(`INSERT INTO "order" (state) VALUES ('new')`)).rejects.toThrow('state_options');
    expect((await plan('order', { state })).steps).toEqual([]);
  });
});

describe('required and unique', () => {
  it('are refused with the things that stand in the way, whatever is confirmed', async () => {
    await declare('account', { email: { kind: 'text' } });
    const [first, second] = [await create('account', { email: 'a@x' }), await create('account', { email: 'a@x' })];
    const none = await create('account', {});
    const both = { email: { kind: 'text', required: true, unique: true } } as const;
    const planned = await plan('account', both);
    expect(planned.verdict).toBe('impossible');
    expect(planned.steps.flatMap(({ affected = [] }) => affected)).toEqual([
      {
        pointer: '/fields/email',
        detail: 'are without it and cannot be',
        things: 1,
        sample: [{ id: none.id, value: null }],
        canConfirm: false,
      },
      {
        pointer: '/fields/email',
        detail: 'have the same value as another one',
        things: 2,
        sample: [first.id, second.id].sort().map((id) => ({ id, value: 'a@x' })),
        canConfirm: false,
      },
    ]);
    await refusal(declare('account', both, { confirm: planned.hash }), 'type.in_conflict');
    await refusal(declare('account', { age: { kind: 'integer', required: true } }), 'type.in_conflict');
    await sql.query(`DELETE FROM account WHERE id <> '${first.id}'`);
    await declare('account', both);
    await refusal(create('account', { email: 'a@x' }), 'thing.in_conflict');
  });
});

describe('renaming and deleting a type', () => {
  it('keeps things, rules and whoever refers to it', async () => {
    await declare('tree', { parent: { kind: 'reference', type: 'tree' }, name: { kind: 'text' } });
    await declare('leaf', {
      tree: { kind: 'reference', type: 'tree' },
      trees: { kind: 'reference', type: 'tree', list: true },
    });
    const root = await create('tree', { name: 'root' });
    const leaf = await create('leaf', { tree: root.id, trees: [root.id] });
    await refusal(replica.answer({ action: 'get', type: 'plant', id: root.id }), 'type.not_found');
    for (let times = 0; times < 2; times++) await declare('plant', {}, { renamedFrom: 'tree' });
    expect(await fieldsOf('plant')).toEqual({
      parent: { kind: 'reference', type: 'plant' },
      name: { kind: 'text' },
    });
    expect(await fieldsOf('leaf')).toEqual({
      tree: { kind: 'reference', type: 'plant' },
      trees: { kind: 'reference', type: 'plant', list: true },
    });
    expect(await get('plant', root)).toMatchObject({ name: 'root' });
    expect(await create('plant', { parent: root.id })).toMatchObject({ parent: root.id });
    expect(await get('leaf', leaf)).toMatchObject({ tree: root.id, trees: [root.id] });
    await refusal(get('tree', root), 'type.not_found');
    await refusal(declare('leaf', {}, { renamedFrom: 'plant' }), 'type.in_conflict');
    await refusal(declare('bush', {}, { renamedFrom: 'tree' }), 'type.in_conflict');

    const referred = await refusal(data.deleteType({ name: 'plant' }), 'type.in_conflict');
    expect(referred.message).toContain('leaf.tree, leaf.trees');
    const { hash, verdict, steps } = await data.deleteType({ name: 'leaf', dryRun: true });
    expect(verdict).toBe('unconfirmed');
    expect(steps[0]!.affected).toMatchObject([{ things: 1, sample: [{ id: leaf.id }] }]);
    await refusal(data.deleteType({ name: 'leaf' }), 'type.unconfirmed');
    await refusal(data.deleteType({ name: 'leaf', confirm: 'x' }), 'type.unconfirmed');
    expect(await get('leaf', leaf)).toMatchObject({ tree: root.id });
    await data.deleteType({ name: 'leaf', confirm: hash });
    await refusal(get('leaf', leaf), 'type.not_found');
    expect((await sql.query(`SELECT to_regclass('leaf') AS it`)).rows).toEqual([{ it: null }]);
    await refusal(data.deleteType({ name: 'leaf', confirm: hash }), 'type.not_found');
  });

  it('lets go of an attached table, and leaves it as it is', async () => {
    await sql.query(
      `CREATE TABLE foreign_made (id text PRIMARY KEY, a text); INSERT INTO foreign_made VALUES ('1', 'x')`,
    );
    await declare('foreign_made', {});
    for (const more of [{ drop: ['a'] }]) await refusal(declare('foreign_made', {}, more), 'type.in_conflict');
    await refusal(declare('foreign_made', { b: { kind: 'text', renamedFrom: 'a' } }), 'type.in_conflict');
    await refusal(declare('foreign_made', { a: { kind: 'integer' } }), 'type.in_conflict');
    await refusal(declare('renamed', {}, { renamedFrom: 'foreign_made' }), 'type.in_conflict');
    expect(await data.deleteType({ name: 'foreign_made' })).toMatchObject({ verdict: 'ready' });
    await refusal(create('foreign_made', { id: '2' }), 'type.not_found');
    expect((await sql.query('SELECT * FROM foreign_made')).rows).toEqual([{ id: '1', a: 'x' }]);
    const { rows } = await sql.query(`SELECT FROM pg_publication_tables WHERE tablename = 'foreign_made'`);
    expect(rows).toEqual([]);
    await declare('foreign_made', {});
    expect(await create('foreign_made', { id: '2' })).toMatchObject({ id: '2' });
  });
});
