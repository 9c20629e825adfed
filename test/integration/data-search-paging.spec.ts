import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestData, type TestData } from './open-test-data.ts';

let stage: TestData;

beforeAll(async () => {
  stage = await openTestData();
  await stage.data.declareType({ name: 'owner', fields: { name: { kind: 'text' }, rank: { kind: 'integer' } } });
  await stage.data.declareType({
    name: 'row',
    fields: {
      age: { kind: 'integer', indexed: true },
      size: { kind: 'number' },
      word: { kind: 'text' },
      name: { kind: 'text', required: true, default: 'x' },
      good: { kind: 'boolean' },
      metAt: { kind: 'dateTime' },
      owner: { kind: 'reference', type: 'owner' },
    },
  });
});
afterAll(() => stage?.close());

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 3 });

/** Few values, so that there are many ties. */
const row = fc.record({
  age: maybe(fc.constantFrom(-1, 0, 7)),
  size: maybe(fc.constantFrom('0.1', '-1e300', 'NaN', 'Infinity', '5e-324')),
  word: maybe(fc.constantFrom('', 'a', 'B', 'ä', 'a b', "'")),
  name: fc.constantFrom('n', 'N', ''),
  good: maybe(fc.boolean()),
  metAt: maybe(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', 'infinity')),
  owner: maybe(fc.constantFrom(0, 1, 2)),
});
const owners = [
  '10000000-0000-4000-8000-000000000000',
  '10000000-0000-4000-8000-000000000001',
  '10000000-0000-4000-8000-000000000002',
];
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

const sortable = [
  'age',
  'size',
  'word',
  'name',
  'good',
  'metAt',
  'owner',
  'owner.name',
  'owner.rank',
  'createdAt',
  'id',
];
const sort = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...sortable), fc.boolean()), { maxLength: 3, selector: ([name]) => name })
  .map((keys) => keys.map(([name, isDescending]) => `${isDescending ? '-' : ''}${name}`));

type Write = { insert: Row } | { remove: number } | { change: number; to: Row };
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ insert: row }),
  fc.record({ remove: fc.nat(50) }),
  fc.record({ change: fc.nat(50), to: row }),
);

const columns = 'age, size, word, name, good, "metAt", owner';
const valuesOf = ({ age, size, word, name, good, metAt, owner }: Row) => [
  age,
  size,
  word,
  name,
  good,
  metAt,
  owner === null ? null : owners[owner],
];

it('gives everything that was there all along once and in order, whatever is written between pages', async () => {
  await stage.sql.query(
    `INSERT INTO owner (id, name, rank) VALUES ($1, 'z', NULL), ($2, NULL, 2), ($3, 'a', 2)`,
    owners,
  );
  const insert = async (one: Row): Promise<string> => {
    const { rows } = await stage.sql.query<{ id: string }>(
      `INSERT INTO "row" (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      valuesOf(one),
    );
    return rows[0]!.id;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      sort,
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.array(write, { maxLength: 3 }), { maxLength: 12 }),
      async (rows, keys, limit, writes) => {
        await stage.sql.query('DELETE FROM "row"');
        const ids: string[] = [];
        for (const one of rows) ids.push(await insert(one));
        const touched = new Set<string>();
        const waiting = [...writes];
        const apply = async (one: Write): Promise<void> => {
          if ('insert' in one) {
            touched.add(await insert(one.insert));
            return;
          }
          const id = ids[('remove' in one ? one.remove : one.change) % Math.max(ids.length, 1)];
          if (id === undefined) return;
          touched.add(id);
          if ('remove' in one) await stage.sql.query('DELETE FROM "row" WHERE id = $1', [id]);
          else
            await stage.sql.query(`UPDATE "row" SET (${columns}) = ROW ($1, $2, $3, $4, $5, $6, $7) WHERE id = $8`, [
              ...valuesOf(one.to),
              id,
            ]);
        };
        const paged = await stage.pages('row', { sort: keys, limit }, async () => {
          for (const one of waiting.shift() ?? []) await apply(one);
        });
        const kept = (things: { id: string }[]) => things.map(({ id }) => id).filter((id) => !touched.has(id));
        const order = keys.map((key) => {
          const [first, second] = key.replace(/^-/, '').split('.') as [string, string?];
          const column = second === undefined ? `r."${first}"` : `o."${second}"`;
          return `${column}${key.startsWith('-') ? ' DESC' : ''}`;
        });
        const isDescending = keys.at(-1)?.startsWith('-') ?? false;
        const { rows: expected } = await stage.sql.query<{ id: string }>(
          `SELECT r.id FROM "row" r LEFT JOIN owner o ON o.id = r.owner ORDER BY ${[...order, `r.id${isDescending ? ' DESC' : ''}`].join(', ')}`,
        );
        expect(kept(paged)).toEqual(kept(expected));
        expect(new Set(kept(paged)).size).toBe(ids.filter((id) => !touched.has(id)).length);
      },
    ),
    { numRuns: 150 },
  );
});
