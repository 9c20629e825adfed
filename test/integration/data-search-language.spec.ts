import type { SearchBody } from '@nightshift/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestData, type TestData } from './open-test-data.ts';

let stage: TestData;
const ids = new Map<string, string>();

const people = [
  { name: 'Ada', city: 'London' },
  { name: 'bob', city: 'Paris' },
  { name: 'Cyd', city: null },
];
const projects = [
  { title: 'Apollo', owner: 'Ada', budget: 100 },
  { title: 'borealis', owner: 'bob', budget: 5 },
  { title: 'Comet', owner: null, budget: null },
];
const tasks = [
  { name: 't1', project: 'Apollo', tags: ['red', 'blue'], points: [1, 5], helpers: ['Ada', 'bob'], state: 'open' },
  { name: 't2', project: 'Apollo', tags: ['Red'], points: [], helpers: ['bob'], state: 'done' },
  { name: 't3', project: 'borealis', tags: [], points: [7], helpers: [], state: 'open' },
  { name: 't4', project: 'Comet', tags: null, points: null, helpers: null, state: null },
  { name: 't5', project: null, tags: ['blue', 'green', 'blue'], points: [-2, 40], helpers: ['Cyd'], state: 'done' },
];
const texts = [
  { title: 'The quick brown fox', body: 'jumps over the lazy dog' },
  { title: 'A slow brown bear', body: 'sleeps, and sleeps, and sleeps' },
  { title: 'Sleeping dogs lie', body: null },
];

beforeAll(async () => {
  stage = await openTestData();
  const declare = (name: string, fields: object) => stage.data.declareType({ name, fields });
  await declare('person', { name: { kind: 'text' }, city: { kind: 'text' } });
  await declare('project', {
    title: { kind: 'text' },
    owner: { kind: 'reference', type: 'person' },
    budget: { kind: 'integer' },
  });
  await declare('task', {
    name: { kind: 'text' },
    project: { kind: 'reference', type: 'project' },
    tags: { kind: 'text', list: true, indexed: true },
    points: { kind: 'integer', list: true },
    helpers: { kind: 'reference', type: 'person', list: true },
    state: { kind: 'option', options: ['open', 'done'] },
  });
  await declare('article', { title: { kind: 'text' }, body: { kind: 'text' } });
  const idOf = (name: string | null) => (name === null ? null : ids.get(name)!);
  for (const person of people) ids.set(person.name, (await stage.create('person', person)).id);
  for (const project of projects)
    ids.set(project.title, (await stage.create('project', { ...project, owner: idOf(project.owner) })).id);
  for (const task of tasks) {
    const helpers = task.helpers?.map(idOf) ?? null;
    await stage.create('task', { ...task, project: idOf(task.project), helpers });
  }
  for (const text of texts) await stage.create('article', text);
});
afterAll(() => stage?.close());

const found = async (type: string, key: string, body: SearchBody): Promise<unknown[]> =>
  (await stage.search(type, body)).items.map((item) => item[key]);
const places = async (type: string, body: unknown): Promise<string[]> => {
  const failure = await stage.refusal(type, body);
  expect(failure?.code).toBe('search.invalid');
  return failure!.details.errors!.map(({ pointer }) => pointer);
};

it.each<[string, SearchBody['where'], string[]]>([
  ['notIn', { name: { notIn: ['t1', 't2'] } }, ['t3', 't4', 't5']],
  ['notIn holds where the value is absent', { state: { notIn: ['open'] } }, ['t2', 't4', 't5']],
  ['notIn with null', { state: { notIn: ['open', null] } }, ['t2', 't5']],
  ['endsWith', { name: { endsWith: '3' } }, ['t3']],
  ['an option', { state: 'open' }, ['t1', 't3']],
  ['part of an option', { state: { contains: 'on' } }, ['t2', 't5']],
  ['has', { tags: { has: 'red' } }, ['t1']],
  ['hasAll', { tags: { hasAll: ['blue', 'green'] } }, ['t5']],
  ['hasAll of nothing is every list', { tags: { hasAll: [] } }, ['t1', 't2', 't3', 't5']],
  ['any, a bare value', { tags: { any: 'red' } }, ['t1']],
  ['any of several', { tags: { any: { in: ['Red', 'green'] } } }, ['t2', 't5']],
  ['any, a condition', { points: { any: { gt: 4, lt: 10 } } }, ['t1', 't3']],
  ['any ignoring case', { tags: { any: { eq: 'RED', ignoreCase: true } } }, ['t1', 't2']],
  ['all', { points: { all: { gt: 0 } } }, ['t1', 't2', 't3', 't4']],
  ['none', { points: { none: { gt: 4 } } }, ['t2', 't4']],
  ['length', { tags: { length: 3 } }, ['t5']],
  ['a condition on the length', { tags: { length: { gte: 1, lt: 3 } } }, ['t1', 't2']],
  ['the length of no list is 0', { points: { length: 0 } }, ['t2', 't4']],
  ['empty lists', { tags: { empty: true } }, ['t3', 't4']],
  ['an empty list, bare', { tags: [] }, ['t3', 't4']],
  ['a list that is not empty', { tags: { ne: null } }, ['t1', 't2', 't5']],
  ['a whole list', { tags: ['red', 'blue'] }, ['t1']],
  ['not a whole list', { tags: { ne: ['red', 'blue'] } }, ['t2', 't3', 't4', 't5']],
  ['beyond a reference', { project: { is: { title: { startsWith: 'A' } } } }, ['t1', 't2']],
  ['beyond two references', { project: { is: { owner: { is: { city: 'Paris' } } } } }, ['t3']],
  ['an absent value beyond a reference', { project: { is: { owner: null } } }, ['t4']],
  ['not beyond a reference', { not: { project: { is: { title: 'Apollo' } } } }, ['t3', 't4', 't5']],
  ['any reference of a list', { helpers: { any: { is: { name: 'bob' } } } }, ['t1', 't2']],
  ['every reference of a list', { helpers: { length: { gt: 0 }, all: { is: { name: 'bob' } } } }, ['t2']],
])('%s', async (_name, where, expected) => {
  expect(await found('task', 'name', { where, sort: ['name'] })).toEqual(expected);
});

it.each<[string, SearchBody['where'], string[]]>([
  ['eq', { name: { eq: 'BOB', ignoreCase: true } }, ['bob']],
  ['ne', { name: { ne: 'BOB', ignoreCase: true } }, ['Ada', 'Cyd']],
  ['in', { name: { in: ['BOB', 'cYD'], ignoreCase: true } }, ['bob', 'Cyd']],
  ['contains', { name: { contains: 'D', ignoreCase: true } }, ['Ada', 'Cyd']],
  ['startsWith', { name: { startsWith: 'B', ignoreCase: true } }, ['bob']],
  ['endsWith', { name: { endsWith: 'DA', ignoreCase: true } }, ['Ada']],
  ['takes % literally', { name: { contains: '%', ignoreCase: true } }, []],
  ['false is as if it were not there', { name: { eq: 'BOB', ignoreCase: false } }, []],
])('ignoreCase: %s', async (_name, where, expected) => {
  expect((await found('person', 'name', { where })).toSorted()).toEqual(expected.toSorted());
});

it.each<[string, SearchBody['where'], string[]]>([
  ['at least one', { 'project.owner': { any: {} } }, ['Ada', 'bob']],
  ['one with a condition', { 'project.owner': { any: { budget: { gt: 50 } } } }, ['Ada']],
  ['none', { 'project.owner': { none: {} } }, ['Cyd']],
  ['all', { 'project.owner': { all: { budget: { lt: 50 } } } }, ['bob', 'Cyd']],
  ['by a list', { 'task.helpers': { any: { name: 't5' } } }, ['Cyd']],
  ['two apart', { 'project.owner': { any: { 'task.project': { any: { state: 'done' } } } } }, ['Ada']],
])('things that refer to one: %s', async (_name, where, expected) => {
  expect((await found('person', 'name', { where })).toSorted()).toEqual(expected.toSorted());
});

describe('orders and aggregates beyond references', () => {
  it('sorts, and what has nothing there comes last', async () => {
    expect(await found('task', 'name', { sort: ['project.owner.name', '-name'] })).toEqual([
      't2',
      't1',
      't3',
      't5',
      't4',
    ]);
    expect(await found('task', 'name', { sort: ['-project.budget', 'name'] })).toEqual(['t4', 't5', 't1', 't2', 't3']);
  });

  it('pages in that order', async () => {
    const paged = await stage.pages('task', { sort: ['-project.owner.name', 'project.title'], limit: 1 });
    expect(paged.map(({ name }) => name)).toEqual(
      await found('task', 'name', { sort: ['-project.owner.name', 'project.title'] }),
    );
    expect(new Set(paged.map(({ id }) => id)).size).toBe(tasks.length);
  });

  it('sums over what things refer to', async () => {
    const aggregates = { spent: { sum: 'project.budget' }, first: { min: 'project.owner.name' } } as const;
    const { aggregates: given } = await stage.search('task', {
      where: { state: { in: ['open', 'done'] } },
      aggregates,
    });
    expect(given).toEqual({ spent: 205, first: 'Ada' });
  });
});

describe('full text', () => {
  it.each([
    ['brown', ['A slow brown bear', 'The quick brown fox']],
    ['"brown fox"', ['The quick brown fox']],
    ['brown -fox', ['A slow brown bear']],
    ['fox or bear', ['A slow brown bear', 'The quick brown fox']],
    ['BEAR', ['A slow brown bear']],
    [`'); drop table article; --`, []],
    ['', []],
  ])('matches %j', async (words, expected) => {
    expect(await found('article', 'title', { where: { title: { matches: words } }, sort: ['title'] })).toEqual(
      expected,
    );
  });

  it('searches all text fields together, and no others', async () => {
    expect(await found('article', 'title', { search: 'fox lazy' })).toEqual(['The quick brown fox']);
    expect(await found('article', 'title', { search: 'dogs or bear', sort: ['title'] })).toEqual([
      'A slow brown bear',
      'Sleeping dogs lie',
    ]);
    expect((await stage.search('article', { search: 'brown', count: true, limit: 1 })).count).toBe(2);
  });

  it('sorts by relevance, page after page', async () => {
    const body = { search: 'sleeps or brown', sort: ['-relevance'] };
    const whole = await found('article', 'title', body);
    expect(whole).toEqual(['A slow brown bear', 'The quick brown fox']);
    expect((await stage.pages('article', { ...body, limit: 1 })).map(({ title }) => title)).toEqual(whole);
    expect(await places('article', { sort: ['-relevance'] })).toEqual(['/sort/0']);
  });

  it('is not broken by a text that is too long for it', async () => {
    const long = Array.from({ length: 200_000 }, (_, n) => `word${n}`).join(' ');
    await stage.sql.query('INSERT INTO article (title, body) VALUES ($1, $2)', ['long', long]);
    expect(
      await found('article', 'title', { search: 'word1', limit: 1 }).catch((error: Error) => error.message),
    ).toContain('by itself more than one answer can hold');
    expect(await found('article', 'title', { search: 'fox' })).toEqual(['The quick brown fox']);
    await stage.sql.query(`DELETE FROM article WHERE title = 'long'`);
  });
});

it('names every place that is wrong, in one answer', async () => {
  expect(
    await places('task', {
      where: {
        name: { has: 'x', gt: 5 },
        tags: { contains: 'x' },
        points: { any: { gt: 'x' }, length: 'x' },
        state: 'opne',
        project: { is: { titel: 'x' }, eq: 'x' },
        helpers: { is: {} },
        and: [{ name: { ignoreCase: true, gt: 'a' } }],
        'project.owner': { any: {} },
      },
      sort: ['tags', 'project.owner.nmae', 'name.title'],
      aggregates: { a: { sum: 'project.title' }, b: { max: 'tags' } },
    }),
  ).toEqual([
    '/where/name/has',
    '/where/name/gt',
    '/where/tags/contains',
    '/where/points/any/gt',
    '/where/points/length',
    '/where/state',
    '/where/project/is/titel',
    '/where/project/eq',
    '/where/helpers/is',
    '/where/and/0/name/ignoreCase',
    '/where/project.owner',
    '/sort/0',
    '/sort/1',
    '/sort/2',
    '/aggregates/a/sum',
    '/aggregates/b/max',
  ]);
  const failure = await stage.refusal('task', { where: { project: { is: { titel: 'x' } } } });
  expect(failure!.details.errors![0]!.suggestion).toBe('title');
});

it('knows a column that somebody made in psql a moment ago', async () => {
  await stage.search('person', {});
  await stage.sql.query('ALTER TABLE person ADD COLUMN born date');
  expect(await found('person', 'name', { where: { born: { lt: '2000-01-01' } } })).toEqual([]);
});

it('finds nothing where a number is larger than its column can hold', async () => {
  await stage.sql.query(
    `CREATE TABLE small (id text PRIMARY KEY, a smallint, b real); INSERT INTO small VALUES ('one', 2, 0.5)`,
  );
  await stage.data.declareType({ name: 'small', fields: {} });
  expect(await found('small', 'id', { where: { a: { lt: 1e12 } } })).toEqual(['one']);
  expect(await found('small', 'id', { where: { a: { in: [1e12, 2] } } })).toEqual(['one']);
  expect(await places('small', { where: { b: { lt: 1e300 } } })).toEqual(['/where/b/lt']);
});
