import type { Failure } from '@nightshift/contracts';
import { type DeclaredField, type Field, type FieldKind, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import fc from 'fast-check';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let sql: pg.Client;
let target: Thing;
let count = 0;

const answer = (request: object): Promise<Thing> => data.answer(request) as Promise<Thing>;
const create = (type: string, fields: object) => answer({ action: 'create', type, fields });

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await data.declareType({ name: 'target', fields: {} });
  target = await create('target', {});
});

afterAll(async () => {
  await sql?.end();
  await data?.close();
  await database?.drop();
});

const options = ['low', "it's"];
const field = (kind: FieldKind | `${FieldKind}[]`): Field => {
  const isList = kind.endsWith('[]');
  const bare = (isList ? kind.slice(0, -2) : kind) as FieldKind;
  return {
    kind: bare,
    ...(isList && { list: true }),
    ...(bare === 'option' && { options }),
    ...(bare === 'reference' && { type: 'target' }),
  };
};
type Kind = Parameters<typeof field>[0];

/** A type with one thing for each value, in order. */
const typeWith = async (from: Kind, values: unknown[]): Promise<{ name: string; things: Thing[] }> => {
  const name = `retyped${++count}`;
  await data.declareType({ name, fields: { f: field(from) } });
  const things: Thing[] = [];
  for (const f of values) things.push(await create(name, { f }));
  return { name, things };
};
const valuesOf = async (name: string, things: Thing[]): Promise<unknown[]> =>
  Promise.all(things.map(async ({ id }) => (await answer({ action: 'get', type: name, id }))['f']));

describe('values that fit', () => {
  it.each<[Kind, Kind, [unknown, unknown][]]>([
    [
      'text',
      'integer',
      [
        ['7', 7],
        ['-9007199254740991', -9007199254740991],
      ],
    ],
    [
      'text',
      'number',
      [
        ['1.5', 1.5],
        ['-3', -3],
      ],
    ],
    [
      'text',
      'boolean',
      [
        ['true', true],
        ['false', false],
      ],
    ],
    ['text', 'date', [['2026-11-23', '2026-11-23']]],
    [
      'text',
      'dateTime',
      [
        ['2026-11-23T10:00:00+02:00', '2026-11-23T08:00:00.000000Z'],
        ['2026-11-23T10:00Z', '2026-11-23T10:00:00.000000Z'],
      ],
    ],
    [
      'text',
      'json',
      [
        ['{"a": [1, null]}', { a: [1, null] }],
        ['7', 7],
      ],
    ],
    [
      'text',
      'option',
      [
        ['low', 'low'],
        ["it's", "it's"],
      ],
    ],
    [
      'text',
      'text[]',
      [
        ['{a}', ['{a}']],
        ['', ['']],
      ],
    ],
    ['text', 'integer[]', [['7', [7]]]],
    ['option', 'text', [["it's", "it's"]]],
    ['option', 'option[]', [['low', ['low']]]],
    ['integer', 'number', [[7, 7]]],
    ['integer', 'text', [[7, '7']]],
    ['integer', 'json', [[7, 7]]],
    [
      'integer',
      'boolean',
      [
        [0, false],
        [1, true],
      ],
    ],
    [
      'number',
      'integer',
      [
        [7, 7],
        [-0.0, 0],
        [1e15, 1e15],
      ],
    ],
    ['number', 'text', [[1.5, '1.5']]],
    ['boolean', 'text', [[true, 'true']]],
    ['boolean', 'integer', [[true, 1]]],
    ['date', 'dateTime', [['2026-11-23', '2026-11-23T00:00:00.000000Z']]],
    ['date', 'text', [['2026-11-23', '2026-11-23']]],
    ['dateTime', 'date', [['2026-11-23T00:00:00Z', '2026-11-23']]],
    ['dateTime', 'text', [['2026-11-23T10:00:00.5+02:00', '2026-11-23T08:00:00.500000Z']]],
    ['dateTime', 'json', [['2026-11-23T10:00:00Z', '2026-11-23T10:00:00.000000Z']]],
    [
      'json',
      'text',
      [
        ['a', 'a'],
        [7, '7'],
        [{ a: 1 }, '{"a": 1}'],
      ],
    ],
    [
      'json',
      'integer',
      [
        [7, 7],
        ['8', 8],
      ],
    ],
    ['json', 'boolean', [[true, true]]],
    [
      'json',
      'text[]',
      [
        [
          ['a', null, 'b'],
          ['a', null, 'b'],
        ],
        [[], []],
      ],
    ],
    [
      'json',
      'json[]',
      [
        [
          [{ a: 1 }, 'x', [1]],
          [{ a: 1 }, 'x', [1]],
        ],
      ],
    ],
    [
      'text[]',
      'json',
      [
        [
          ['a', null],
          ['a', null],
        ],
      ],
    ],
    [
      'text[]',
      'integer[]',
      [
        [
          ['1', null, '2'],
          [1, null, 2],
        ],
        [[], []],
      ],
    ],
    [
      'integer[]',
      'text[]',
      [
        [
          [1, null],
          ['1', null],
        ],
      ],
    ],
    [
      'integer[]',
      'integer',
      [
        [[7], 7],
        [[], null],
        [[null], null],
      ],
    ],
    [
      'text[]',
      'option[]',
      [
        [
          ['low', "it's"],
          ['low', "it's"],
        ],
      ],
    ],
    ['dateTime[]', 'text[]', [[['2026-11-23T10:00:00Z'], ['2026-11-23T10:00:00.000000Z']]]],
  ])('%s becomes %s', async (from, to, pairs) => {
    const { name, things } = await typeWith(from, [...pairs.map(([value]) => value), null]);
    const definition = await data.declareType({ name, fields: { f: field(to) } });
    expect(definition.fields['f']).toEqual(field(to));
    expect(await valuesOf(name, things)).toEqual([...pairs.map(([, value]) => value), null]);
  });

  it('become references, and back', async () => {
    const { name, things } = await typeWith('text', [target.id, null]);
    await data.declareType({ name, fields: { f: field('reference') } });
    expect(await valuesOf(name, things)).toEqual([target.id, null]);
    await expect(answer({ action: 'delete', type: 'target', id: target.id })).rejects.toMatchObject({
      code: 'thing.in_conflict',
    });
    await data.declareType({ name, fields: { f: field('reference[]') } });
    expect(await valuesOf(name, things)).toEqual([[target.id], null]);
    await data.declareType({ name, fields: { f: field('text[]') } });
    expect(await valuesOf(name, things)).toEqual([[target.id], null]);
  });

  it('keep their index, their default, and that they are unique', async () => {
    await data.declareType({
      name: 'kept',
      fields: { f: { kind: 'text', unique: true, required: true }, g: { kind: 'text', indexed: true, default: '7' } },
    });
    const thing = await create('kept', { f: '1' });
    await data.declareType({
      name: 'kept',
      fields: {
        f: { kind: 'integer', unique: true, required: true },
        g: { kind: 'integer', list: true, indexed: true, default: [8] },
      },
    });
    expect(await answer({ action: 'get', type: 'kept', id: thing.id })).toMatchObject({ f: 1, g: [7] });
    expect(await create('kept', { f: 2 })).toMatchObject({ g: [8] });
    await expect(create('kept', { f: 2 })).rejects.toMatchObject({ code: 'thing.in_conflict' });
    const { rows } = await sql.query<{ indexdef: string }>(`SELECT indexdef FROM pg_indexes WHERE tablename = 'kept'`);
    expect(rows.filter(({ indexdef }) => indexdef.includes('USING gin (g)'))).toHaveLength(1);
  });
});

describe('values that do not fit', () => {
  it.each<[Kind, Kind, unknown[], unknown[]]>([
    ['text', 'integer', ['1', 'x', '', '1.5', '99999999999999999999'], [1, null, null, null, null]],
    ['text', 'number', ['1', 'NaN', '1e400', "'); DROP TABLE target; --"], [1, null, null, null]],
    ['text', 'boolean', ['true', 'maybe'], [true, null]],
    [
      'text',
      'date',
      ['2026-02-28', '2026-02-30', 'tomorrow', '1/2/2026', 'infinity'],
      ['2026-02-28', null, null, null, null],
    ],
    ['text', 'dateTime', ['2026-11-23T10:00:00', 'now', '2026-13-01T00:00:00Z'], [null, null, null]],
    ['text', 'json', ['{}', '{'], [{}, null]],
    ['text', 'option', ['low', 'high'], ['low', null]],
    ['text', 'reference', ['x', '0190a5f0-0000-7000-8000-000000000000'], [null, null]],
    ['number', 'integer', [1, 1.5, 1e300], [1, null, null]],
    ['integer', 'boolean', [1, 2], [true, null]],
    ['json', 'text[]', [['a'], 'a', { a: 1 }], [['a'], null, null]],
    ['json', 'integer[]', [[1, 'x', [2]]], [[1, null, null]]],
    ['text[]', 'integer[]', [['1', 'x']], [[1, null]]],
    ['text[]', 'text', [['a'], ['a', 'b']], ['a', null]],
  ])('%s as %s: refused, or null where that is asked for and confirmed', async (from, to, values, expected) => {
    const { name, things } = await typeWith(from, values);
    const unfit = things.filter((_, index) => JSON.stringify(expected[index])?.includes('null'));
    const declared = (more: Partial<DeclaredField> = {}) => ({ name, fields: { f: { ...field(to), ...more } } });
    const failure = (await data.declareType(declared()).catch((error: unknown) => error)) as Failure;
    expect(failure).toMatchObject({ code: 'type.in_conflict' });
    expect(failure.details.errors![0]!.pointer).toBe('/fields/f');
    const { verdict, hash } = await data.planType(declared());
    expect(verdict).toBe('impossible');
    await expect(data.declareType({ ...declared(), confirm: hash })).rejects.toMatchObject({
      code: 'type.in_conflict',
    });
    expect(await valuesOf(name, things)).toEqual(values);

    const nulled = await data.planType(declared({ whereUnfit: 'null' }));
    expect(nulled.verdict).toBe('unconfirmed');
    const affected = nulled.steps.flatMap((step) => step.affected ?? []);
    expect(affected).toMatchObject([{ things: unfit.length, canConfirm: true }]);
    expect(affected[0]!.sample.map(({ id }) => id)).toEqual(unfit.map(({ id }) => id).sort());
    await expect(data.declareType(declared({ whereUnfit: 'null' }))).rejects.toMatchObject({
      code: 'type.unconfirmed',
    });
    await data.declareType({ ...declared({ whereUnfit: 'null' }), confirm: nulled.hash });
    expect(await valuesOf(name, things)).toEqual(expected);
  });

  it.each<[Kind, Kind, unknown, unknown]>([
    ['text', 'integer', '007', 7],
    ['text', 'number', '1.50', 1.5],
    ['text', 'boolean', 'yes', true],
    ['text', 'dateTime', '2026-11-23T10:00:00.1234567Z', '2026-11-23T10:00:00.123457Z'],
    ['dateTime', 'date', '2026-11-23T10:00:00Z', '2026-11-23'],
    ['text[]', 'integer[]', ['007'], [7]],
  ])('%s as %s loses something of %j, which takes a confirmation', async (from, to, value, made) => {
    const { name, things } = await typeWith(from, [value]);
    const declared = { name, fields: { f: field(to) } };
    await expect(data.declareType(declared)).rejects.toMatchObject({ code: 'type.unconfirmed' });
    const { hash } = await data.planType(declared);
    await data.declareType({ ...declared, confirm: hash });
    expect(await valuesOf(name, things)).toEqual([made]);
  });

  it('never makes Postgres fail, whatever the texts are', { timeout: 60_000 }, async () => {
    const kinds: Kind[] = ['integer', 'number', 'boolean', 'date', 'dateTime', 'json', 'option', 'reference', 'file'];
    const { name } = await typeWith('text', []);
    const texts = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }).filter((some) => !some.includes('\u0000')),
        fc.json(),
        fc.double().map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.constantFrom(
          'NaN',
          'infinity',
          '-0',
          '0x1F',
          '1_000',
          ' 7 ',
          '24:00',
          '2026-02-30',
          '0000-01-01',
          '294277-01-01T00:00:00Z',
        ),
      ),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(...kinds), async (values, kind) => {
        await sql.query(`TRUNCATE "${name}"`);
        await sql.query(`INSERT INTO "${name}" (f) SELECT unnest($1::text[])`, [values]);
        const list = `${kind}[]` as Kind;
        for (const to of [kind, list]) {
          const fields = { f: { ...field(to), whereUnfit: 'null' as const } };
          const { hash } = await data.planType({ name, fields });
          await data.declareType({ name, fields, confirm: hash });
          await data.declareType({ name, fields: { f: field('text') } });
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
