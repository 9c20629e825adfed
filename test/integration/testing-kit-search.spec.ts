import type { SearchBody, TypeDefinition } from '@nightshift/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeAnswerData } from '../../libs/testing-kit/src/things/answer.ts';
import { searchThings } from '../../libs/testing-kit/src/things/search.ts';
import { makeStore } from '../../libs/testing-kit/src/things/store.ts';
import { openTestData, type TestData } from './open-test-data.ts';

/** Searches of the testing kit find what searches in Postgres find. */

const types: TypeDefinition[] = [
  { name: 'owner', fields: { name: { kind: 'text' }, rank: { kind: 'integer' } } },
  {
    name: 'thing',
    fields: {
      name: { kind: 'text', required: true },
      word: { kind: 'text' },
      number: { kind: 'number' },
      good: { kind: 'boolean' },
      time: { kind: 'dateTime' },
      state: { kind: 'option', options: ['open', 'done'] },
      words: { kind: 'text', list: true },
      owner: { kind: 'reference', type: 'owner' },
    },
  },
];

const words = ['amber', 'Amber', 'birch', ''];
const times = ['2026-01-01T00:00:00.000Z', '2026-06-01T12:00:00.000Z'];
const maybe = <T>(values: readonly T[]) => fc.constantFrom(...values, null);
const thing = fc.record({
  word: maybe(words),
  number: maybe([-1, 0, 2.5]),
  good: maybe([true, false]),
  time: maybe(times),
  state: maybe(['open', 'done']),
  words: fc.oneof(fc.constant(null), fc.array(fc.constantFrom('amber', 'birch'), { maxLength: 2 })),
  owner: maybe([0, 1]),
});

const ordered = (values: fc.Arbitrary<unknown>) =>
  fc.oneof(...['gt', 'gte', 'lt', 'lte'].map((operator) => values.map((value) => ({ [operator]: value }))));
const equal = (values: fc.Arbitrary<unknown>) =>
  fc.oneof(
    values,
    ...['eq', 'ne'].map((operator) => values.map((value) => ({ [operator]: value }))),
    ...['in', 'notIn'].map((operator) => fc.array(values, { maxLength: 2 }).map((list) => ({ [operator]: list }))),
    fc.boolean().map((empty) => ({ empty })),
  );
const text = fc.constantFrom('amber', 'am', 'A', 'r');
const condition = fc.oneof(
  fc.record({ word: equal(maybe(words)) }),
  fc.record({
    word: fc
      .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith', 'eq', 'ne'), text, fc.boolean())
      .map(([operator, value, ignoreCase]) => ({ [operator]: value, ...(ignoreCase && { ignoreCase }) })),
  }),
  fc.record({ number: fc.oneof(equal(maybe([-1, 0, 2.5])), ordered(fc.constantFrom(-1, 0, 2.5))) }),
  fc.record({ good: equal(maybe([true, false])) }),
  fc.record({ time: fc.oneof(equal(maybe(times)), ordered(fc.constantFrom(...times, '2026-01-01T01:00:00+01:00'))) }),
  fc.record({ state: equal(maybe(['open', 'done'])) }),
  fc.record({ owner: fc.record({ is: fc.record({ rank: equal(maybe([1, 2])) }) }) }),
  fc.record({
    words: fc.oneof(
      text.map((value) => ({ any: { contains: value } })),
      text.map((value) => ({ all: { contains: value } })),
      text.map((value) => ({ none: { startsWith: value } })),
      text.map((value) => ({ has: value })),
      fc.array(fc.constantFrom('amber', 'birch'), { maxLength: 2 }).map((values) => ({ hasAll: values })),
      ordered(fc.constantFrom(0, 1)).map((length) => ({ length })),
      fc.boolean().map((empty) => ({ empty })),
    ),
  }),
);
const where = fc.oneof(
  condition,
  fc.tuple(condition, condition).map(([a, b]) => ({ and: [a, b] })),
  fc.tuple(condition, condition).map(([a, b]) => ({ or: [a, b] })),
  condition.map((one) => ({ not: one })),
);
const search = fc.record({
  where,
  sort: fc.constantFrom(['name'], ['-number', 'name'], ['word', '-name'], ['owner.rank', 'name'], ['time', 'name']),
  aggregates: fc.constantFrom(
    { sum: { sum: 'number' } },
    { most: { max: 'number' }, all: { count: true as const } },
    {
      mean: { average: 'number' },
      least: { min: 'number' },
    },
  ),
});

let stage: TestData;
const store = makeStore(types);
const answer = makeAnswerData({ now: () => new Date(), newId: () => crypto.randomUUID() });

beforeAll(async () => {
  stage = await openTestData();
  for (const type of types) await stage.data.declareType(type);
  const owners = await Promise.all(
    [1, 2].map(async (rank) => {
      const fields = { name: `owner ${rank}`, rank };
      const made = answer(store, { action: 'create', type: 'owner', fields }, { depth: 0 }) as { id: string };
      return { real: (await stage.create('owner', fields)).id, kit: made.id };
    }),
  );
  const things = fc.sample(thing, { numRuns: 60, seed: 11 });
  for (const [index, { owner, ...fields }] of things.entries()) {
    const name = `thing ${String(index).padStart(2, '0')}`;
    const of = owner === null ? undefined : owners[owner]!;
    await stage.create('thing', { ...fields, name, owner: of?.real ?? null });
    const own = { ...fields, name, owner: of?.kit ?? null };
    answer(store, { action: 'create', type: 'thing', fields: own }, { depth: 0 });
  }
});
afterAll(() => stage?.close());

const namesIn = ({ items, aggregates }: Awaited<ReturnType<TestData['search']>>) => ({
  names: items.map((one) => one['name']),
  aggregates,
});

it('the same things, in the same order, that come to the same', async () => {
  await fc.assert(
    fc.asyncProperty(search, async (given) => {
      const body = given as unknown as SearchBody;
      const found = namesIn(await stage.search('thing', body));
      expect(namesIn(searchThings(store, 'thing', body))).toEqual(found);
    }),
    { numRuns: 400 },
  );
});
