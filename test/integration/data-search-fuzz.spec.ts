import { ConditionSchema } from '@nightshift/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestData, type TestData } from './open-test-data.ts';

/** In every text of the fuzz, so that it is known wherever it gets to. */
const MARK = 'zq7x';

let stage: TestData;
const statements: string[] = [];

beforeAll(async () => {
  stage = await openTestData();
  await stage.data.declareType({ name: 'owner', fields: { name: { kind: 'text' } } });
  await stage.data.declareType({
    name: 'thing',
    fields: {
      word: { kind: 'text' },
      number: { kind: 'number' },
      integer: { kind: 'integer' },
      good: { kind: 'boolean' },
      day: { kind: 'date' },
      time: { kind: 'dateTime' },
      json: { kind: 'json' },
      owner: { kind: 'reference', type: 'owner' },
      state: { kind: 'option', options: ['open', 'done'] },
      words: { kind: 'text', list: true },
      numbers: { kind: 'integer', list: true },
      owners: { kind: 'reference', type: 'owner', list: true },
    },
  });
  await stage.sql.query(`
    INSERT INTO owner (name) VALUES ('a');
    INSERT INTO thing (word, number, integer, good, day, time, json, owner, state, words, numbers, owners)
    SELECT 'w', 1.5, 2, true, '2026-01-01', now(), '[1]', id, 'open', '{a,b}', '{1,2}', ARRAY[id] FROM owner;
    INSERT INTO thing DEFAULT VALUES`);
  const { pool } = stage.data;
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  // Everything that reaches Postgres is looked at on its way.
  pool.query = ((...args: unknown[]) => {
    const [first] = args as [string | { text: string }];
    statements.push(typeof first === 'string' ? first : first.text);
    return query(...args);
  }) as typeof pool.query;
});
afterAll(() => stage?.close());

const fields = [
  ...['word', 'number', 'integer', 'good', 'day', 'time', 'json', 'owner', 'state', 'words', 'numbers', 'owners'],
  ...['id', 'createdAt', 'thing.owner', 'owner.name', 'and', 'or', 'not'],
];
const nastyPieces = [
  `' OR true; --`,
  `"; DROP TABLE thing; --`,
  '$1',
  '\u0000',
  '\ud800',
  '😀',
  '%_\\',
  '{}',
  '{"a",NULL}',
  '/**/',
  '\n',
  "E'\\x27",
];
const nasty = fc
  .array(fc.oneof(fc.constantFrom(...nastyPieces), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 4 })
  .map((pieces) => `${MARK}${pieces.join('')}`);
const name = (known: readonly string[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: nasty },
    {
      weight: 1,
      arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '/', '~', 'word '),
    },
  );
const scalar = fc.oneof(
  nasty,
  fc.constantFrom(null, true, false, 0, 1.5, 'open', '2026-01-01', '2026-01-01T00:00:00Z', '9999-12-31T23:59:59+15:59'),
  fc.constantFrom(1e308, -1e308, 5e-324, 2 ** 53, 2 ** 53 - 1, 1e21, -0),
  fc.constantFrom('0190a5f0-0000-7000-8000-000000000000', '0001-01-01', '0000-01-01', '2026-02-30'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
/** An object whose keys are as they come, `__proto__` too. */
const record = (key: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(key, value), { maxLength: 3 })
    .map(
      (entries) =>
        JSON.parse(
          `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v ?? null)}`).join(',')}}`,
        ) as unknown,
    );
const { where } = fc.letrec<{ where: unknown; condition: unknown; operand: unknown }>((tie) => ({
  operand: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('operand'), { maxLength: 3 }),
    tie('condition'),
    tie('where'),
  ),
  condition: record(name(Object.keys(ConditionSchema.properties)), tie('operand')),
  where: record(
    name(fields),
    fc.oneof({ depthSize: 'small' }, tie('operand'), tie('condition'), fc.array(tie('where'), { maxLength: 2 })),
  ),
}));
const sort = fc.array(
  fc.tuple(fc.constantFrom('', '-', '--'), name([...fields, 'relevance'])).map((parts) => parts.join('')),
  {
    maxLength: 3,
  },
);
const body = fc.record(
  {
    where: fc.oneof({ weight: 9, arbitrary: where }, { weight: 1, arbitrary: scalar }),
    search: fc.oneof(nasty, scalar),
    sort: fc.oneof({ weight: 9, arbitrary: sort }, { weight: 1, arbitrary: scalar }),
    limit: fc.oneof({ weight: 3, arbitrary: fc.constant(5) }, { weight: 1, arbitrary: scalar }),
    cursor: nasty,
    count: fc.boolean(),
    aggregates: record(
      fc.constantFrom('one', 'two', '__proto__', `${MARK}"`),
      record(fc.constantFrom('sum', 'average', 'min', 'max', 'count', 'x'), fc.oneof(name(fields), fc.constant(true))),
    ),
    explain: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What can be stored, however nasty. */
const storable = nasty.map((text) => text.replaceAll('\u0000', '').toWellFormed());
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const integer = fc.maxSafeInteger();
const one = <T>(key: string, value: fc.Arbitrary<T>) => value.map((operand) => ({ [key]: operand }));
const ordered = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    value,
    ...['eq', 'ne', 'gt', 'gte', 'lt', 'lte'].map((operator) => one(operator, value)),
    ...['in', 'notIn'].map((operator) => one(operator, fc.array(fc.option(value), { maxLength: 3 }))),
    one('empty', fc.boolean()),
  );
const text = fc.oneof(
  ordered(storable),
  ...['contains', 'startsWith', 'endsWith', 'matches'].map((operator) => one(operator, storable)),
  ...['eq', 'ne', 'contains', 'startsWith', 'endsWith'].map((operator) =>
    fc.record({ [operator]: storable, ignoreCase: fc.boolean() }),
  ),
);
const list = (element: fc.Arbitrary<unknown>, condition: fc.Arbitrary<unknown>) =>
  fc.oneof(
    fc.array(element, { maxLength: 3 }),
    one('has', element),
    one('hasAll', fc.array(element, { maxLength: 3 })),
    ...['any', 'all', 'none'].map((quantifier) => one(quantifier, condition)),
    one('length', ordered(integer)),
  );
const uuid = fc.uuid();
const owner = fc.oneof(fc.constant({}), fc.record({ name: text }));
const rightFields: Record<string, fc.Arbitrary<unknown>> = {
  word: text,
  number: ordered(number),
  integer: ordered(integer),
  good: fc.oneof(fc.boolean(), one('ne', fc.option(fc.boolean()))),
  day: ordered(fc.constantFrom('2026-01-01', '0001-01-01', '9999-12-31')),
  time: ordered(
    fc.constantFrom('2026-01-01T00:00:00Z', '9999-12-31T23:59:59.999999+15:59', '0001-01-01T00:00:00-15:59'),
  ),
  json: fc.oneof(one('contains', storable), one('eq', fc.dictionary(storable, number))),
  owner: fc.oneof(uuid, one('is', owner)),
  state: fc.constantFrom('open', null, { in: ['done'] }, { startsWith: MARK }),
  words: list(storable, text),
  numbers: list(integer, ordered(integer)),
  owners: list(uuid, fc.oneof(uuid, one('is', owner))),
};
const rightEntry = fc.oneof(
  ...Object.entries(rightFields).map(([key, value]) => value.map((operand): [string, unknown] => [key, operand])),
);
/** What makes sense, with any values. */
const { right } = fc.letrec<{ right: unknown; entry: [string, unknown] }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 3 },
    { weight: 5, arbitrary: rightEntry },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom('and', 'or'), fc.array(tie('right'), { minLength: 1, maxLength: 2 })),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant('not'), tie('right')) },
  ),
  right: fc.array(tie('entry'), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
}));
const rightBody = fc.record(
  {
    where: right,
    search: storable,
    sort: fc.subarray(['-word', 'owner.name', 'time', '-id', 'state']),
    limit: fc.integer({ min: 1, max: 1_000 }),
    count: fc.boolean(),
    aggregates: fc.constant({ most: { max: 'owner.name' }, sum: { sum: 'integer' } }),
    explain: fc.boolean(),
  },
  { requiredKeys: ['where'] },
);

/** Of the statement itself: how much of a text counts, and the length of no list. */
const ownNumbers = new Set(['250000', '0']);

const checkStatements = (): void => {
  for (const statement of statements) expect(statement).not.toContain(MARK);
  for (const statement of statements.filter(
    (one) => one.includes('FROM public."thing"') || one.includes('FROM (SELECT t.*'),
  )) {
    const bare = statement.replace(/"[^"]*"/g, '').replace(/'(simple| |)'/g, '');
    expect(bare).not.toMatch(/[';\\%#/]|--/);
    const numbers = bare.match(/(?<![$\w])\d[\d.e+-]*/g) ?? [];
    expect(numbers.filter((one) => !ownNumbers.has(one))).toEqual([]);
  }
  statements.length = 0;
};

it('refuses whatever makes no sense, with its place', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (asked) => {
      const failure = await stage.refusal('thing', JSON.parse(JSON.stringify(asked)));
      if (failure !== undefined) {
        expect(['search.invalid', 'request.invalid']).toContain(failure.code);
        expect(failure.toProblem().status).toBe(400);
        expect(failure.details.errors?.length, `${failure.message} ${String(failure.cause)}`).toBeGreaterThan(0);
      }
      checkStatements();
    }),
    { numRuns: 2_000 },
  );
  const { rows } = await stage.sql.query<{ n: string }>('SELECT count(*) AS n FROM thing');
  expect(Number(rows[0]!.n)).toBe(2);
});

it('answers whatever makes sense, and no value gets into a statement but as a parameter', async () => {
  await fc.assert(
    fc.asyncProperty(rightBody, async (asked) => {
      expect((await stage.refusal('thing', asked))?.details).toBeUndefined();
      expect(statements.length).toBeGreaterThan(0);
      checkStatements();
    }),
    { numRuns: 500 },
  );
});
