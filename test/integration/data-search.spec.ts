import { Failure, type SearchBody, type SearchResult, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let data: Data;
let sql: pg.Client;

const search = (type: string, body: SearchBody) =>
  data.answer({ action: 'search', type, search: body }) as Promise<SearchResult>;
const names = async (where: SearchBody['where'], sort: string[] = ['name']): Promise<unknown[]> =>
  (await search('pet', { where, sort })).items.map((item) => item.name);
const refusal = async (body: SearchBody): Promise<Failure> => {
  const failure = await search('pet', body).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).toProblem().status).toBe(400);
  return failure as Failure;
};
const pageThrough = async (
  type: string,
  body: SearchBody,
  between: () => Promise<unknown> = async () => {},
): Promise<Thing[]> => {
  const all: Thing[] = [];
  let cursor: string | undefined;
  do {
    const page = await search(type, { ...body, cursor });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
    await between();
  } while (cursor !== undefined);
  return all;
};

const pets = [
  {
    name: 'Ada',
    age: 3,
    weight: 4.5,
    good: true,
    born: '2020-01-01',
    metAt: '2026-01-01T00:00:00Z',
    info: ['soft', 'small'],
  },
  {
    name: 'Bob',
    age: 7,
    weight: 30,
    good: false,
    born: '2016-05-05',
    metAt: '2026-01-01T00:00:00.000001Z',
    info: { a: 1 },
  },
  { name: 'Cy_', age: null, weight: null, good: null, born: null, metAt: null, info: null },
  {
    name: '',
    age: 7,
    weight: 1e20,
    good: true,
    born: '2016-05-06',
    metAt: '2027-01-01T00:00:00+02:00',
    info: { a: 2 },
  },
  { name: '100%', age: -1, weight: -0.5, good: false, born: '1999-12-31', metAt: '2025-01-01T00:00:00Z', info: 'soft' },
];

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  data = openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 300,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await data.declareType({
    name: 'pet',
    fields: {
      name: { kind: 'text', required: true },
      age: { kind: 'integer', indexed: true },
      weight: { kind: 'number' },
      good: { kind: 'boolean' },
      born: { kind: 'date' },
      metAt: { kind: 'dateTime' },
      info: { kind: 'json' },
      friend: { kind: 'reference', type: 'pet' },
    },
  });
  for (const fields of pets) await data.answer({ action: 'create', type: 'pet', fields });
});

afterAll(async () => {
  await sql?.end();
  await data?.close();
  await database?.drop();
});

describe('conditions', () => {
  it.each<[string, SearchBody['where'], string[]]>([
    ['bare value', { age: 7 }, ['', 'Bob']],
    ['eq', { name: { eq: 'Ada' } }, ['Ada']],
    ['ne holds where the value is absent', { age: { ne: 7 } }, ['100%', 'Ada', 'Cy_']],
    ['in', { age: { in: [3, -1] } }, ['100%', 'Ada']],
    ['in with null', { age: { in: [3, null] } }, ['Ada', 'Cy_']],
    ['in nothing', { age: { in: [] } }, []],
    ['gt and lte', { age: { gt: 3, lte: 7 } }, ['', 'Bob']],
    ['gte', { weight: { gte: 4.5 } }, ['', 'Ada', 'Bob']],
    ['lt on dates', { born: { lt: '2016-05-06' } }, ['100%', 'Bob']],
    ['times to the microsecond', { metAt: { gt: '2026-01-01T01:00:00+01:00', lt: '2026-06-01T00:00:00Z' } }, ['Bob']],
    ['boolean', { good: true }, ['', 'Ada']],
    ['contains', { name: { contains: 'd' } }, ['Ada']],
    ['contains takes % literally', { name: { contains: '%' } }, ['100%']],
    ['contains takes _ literally', { name: { contains: '_' } }, ['Cy_']],
    ['startsWith', { name: { startsWith: 'B' } }, ['Bob']],
    ['empty text', { name: { empty: true } }, ['']],
    ['null is empty', { age: null }, ['Cy_']],
    ['not empty', { age: { empty: false }, name: { empty: false } }, ['100%', 'Ada', 'Bob']],
    ['ne null', { good: { ne: null } }, ['', '100%', 'Ada', 'Bob']],
    ['json equality', { info: { eq: { a: 1 } } }, ['Bob']],
    ['json list contains', { info: { contains: 'soft' } }, ['100%', 'Ada']],
    ['or', { or: [{ age: 3 }, { name: 'Bob' }] }, ['Ada', 'Bob']],
    ['and within or', { or: [{ and: [{ age: 7 }, { good: true }] }, { age: 3 }] }, ['', 'Ada']],
    ['not is the rest', { not: { age: { gt: 0 } } }, ['100%', 'Cy_']],
    ['nothing is everything', {}, ['', '100%', 'Ada', 'Bob', 'Cy_']],
  ])('%s', async (_name, where, expected) => {
    expect(await names(where)).toEqual(expected);
  });

  it('counts all of them', async () => {
    const result = await search('pet', { where: { age: 7 }, limit: 1, count: true });
    expect(result.items).toHaveLength(1);
    expect(result.count).toBe(2);
    expect(result.nextCursor).not.toBeNull();
  });

  it('refuses what makes no sense, with its place', async () => {
    const places = async (body: SearchBody) => (await refusal(body)).details.errors!.map((error) => error.pointer);
    expect(await places({ where: { nmae: 'x', age: 'x' } })).toEqual(['/where/nmae', '/where/age']);
    expect((await refusal({ where: { nmae: 'x' } })).details.errors![0]!.suggestion).toBe('name');
    expect((await refusal({ where: { name: { startWith: 'x' } } })).details.errors![0]!.suggestion).toBe('startsWith');
    expect(await places({ where: { or: [{ age: 1 }, { age: { gt: null } }] } })).toEqual(['/where/or/1/age/gt']);
    expect(await places({ where: { or: {} as never } })).toEqual(['/where/or']);
    expect(await places({ where: { not: 3 as never } })).toEqual(['/where/not']);
    expect(await places({ where: { age: { contains: 'x' } } })).toEqual(['/where/age/contains']);
    expect(await places({ where: { friend: 'no-uuid' } })).toEqual(['/where/friend']);
    expect(await places({ where: { good: { gt: true } } })).toEqual(['/where/good/gt']);
    expect(await places({ sort: ['-agee'] })).toEqual(['/sort/0']);
    expect(await places({ sort: ['info'] })).toEqual(['/sort/0']);
    let deep: Record<string, unknown> = { age: 1 };
    for (let depth = 0; depth < 10_000; depth++) deep = { and: [deep] };
    expect((await refusal({ where: deep })).message).toContain('nested deeper');
    await refusal({ where: { or: Array.from({ length: 10_000 }, () => ({ age: 1 })) } });
    await refusal({ limit: 1_001 });
  });

  it('never lets a name or a value reach the statement', async () => {
    const hostile = `' OR true) --`;
    expect(await names({ name: hostile })).toEqual([]);
    expect(await names({ name: { in: [hostile, '"}', '\\', '{,}'] } })).toEqual([]);
    expect(await names({ name: { contains: `\\' OR 1=1` } })).toEqual([]);
    await refusal({ where: { [`name" = '' OR true --`]: 'x' } });
    await refusal({ sort: [`name"; DROP TABLE pet; --`] });
    await refusal({ where: { name: '\u0000' } });
    const { nextCursor } = await search('pet', { limit: 1, sort: ['age'] });
    const [signature] = JSON.parse(Buffer.from(nextCursor!, 'base64url').toString()) as string[];
    const forged = (...values: unknown[]) => Buffer.from(JSON.stringify([signature, ...values])).toString('base64url');
    for (const cursor of [
      '',
      'x',
      '{}',
      nextCursor!.slice(2),
      forged(`1; DROP TABLE pet`, 'x'),
      forged({}, 1),
      forged('1'),
      forged('\u0000', 'x'),
    ]) {
      await refusal({ sort: ['age'], cursor });
    }
    await refusal({ sort: ['-age'], cursor: nextCursor! });
  });

  it('stops a search that takes too long, and says so', async () => {
    await sql.query(
      'CREATE TABLE slow (id uuid PRIMARY KEY DEFAULT uuidv7(), a int); INSERT INTO slow (a) SELECT generate_series(1, 5)',
    );
    await data.declareType({ name: 'slow', fields: {} });
    await sql.query('BEGIN; LOCK TABLE slow');
    const failure = await search('slow', {}).then(
      () => undefined,
      (error: Failure) => error,
    );
    await sql.query('ROLLBACK');
    expect(failure?.code).toBe('search.timeout');
  });
});

describe('paging', () => {
  it.each([[undefined], [['age']], [['-age']], [['group', '-age']], [['-group', '-id']], [['name', '-group', 'age']]])(
    'gives everything once in order, sorted by %s',
    async (sort) => {
      await data.declareType({
        name: 'row',
        fields: { age: { kind: 'integer' }, group: { kind: 'text', required: true }, name: { kind: 'text' } },
      });
      await sql.query('TRUNCATE "row"');
      await sql.query(`INSERT INTO "row" (age, "group", name)
        SELECT CASE WHEN n % 5 > 0 THEN n % 7 END, 'g' || n % 3, CASE WHEN n % 4 > 0 THEN 'n' || n % 2 END FROM generate_series(1, 120) n`);
      const key = (sort ?? ['id']).map((word) => (word.startsWith('-') ? `t."${word.slice(1)}" DESC` : `t."${word}"`));
      const whole = await pageThrough('row', { sort, limit: 1_000 });
      expect(whole).toHaveLength(120);
      const paged = await pageThrough('row', { sort, limit: 7 });
      expect(paged).toEqual(whole);
      const { rows } = await sql.query<{ ok: boolean }>(
        `SELECT coalesce(bool_and(o = p), true) AS ok FROM (SELECT rank() OVER (ORDER BY ${key.join(', ')}) AS o, t.id FROM "row" t) a
         JOIN (SELECT rank() OVER (ORDER BY ${key.join(', ')}) AS p, t.id FROM "row" t JOIN unnest($1::uuid[]) WITH ORDINALITY u(id, n) ON u.id = t.id) b USING (id)`,
        [paged.map((thing) => thing.id)],
      );
      expect(rows[0]!.ok).toBe(true);
    },
  );

  it('is stable under writes', async () => {
    await sql.query('TRUNCATE "row"');
    await sql.query(`INSERT INTO "row" (age, "group") SELECT n, 'old' FROM generate_series(1, 60) n`);
    let n = 0;
    const paged = await pageThrough('row', { sort: ['-age'], limit: 5 }, async () => {
      n++;
      await sql.query(`INSERT INTO "row" (age, "group") VALUES (1000, 'new'), ($1, 'new')`, [n]);
      await sql.query(`DELETE FROM "row" WHERE age = $1 AND "group" = 'old'`, [61 - n]);
    });
    const old = paged.filter((thing) => thing.group === 'old').map((thing) => thing.age);
    expect(new Set(paged.map((thing) => thing.id)).size).toBe(paged.length);
    expect(old).toEqual([...Array(60).keys()].map((index) => 60 - index));
  });
});
