import type { DataRequest, SearchBody, SearchResult, Thing } from '@nightshift/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  anyWorld,
  known,
  may,
  mayChange,
  mayFind,
  openStage,
  plain,
  projectId,
  readers,
  taskId,
  userIds,
  type Row,
  type Stage,
  type World,
} from './privacy-world.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

type Keeps = (row: Row) => boolean;
const over =
  (field: string, least: number): Keeps =>
  (row) =>
    row[field] !== null && (row[field] as number) > least;
const is =
  (field: string, value: unknown): Keeps =>
  (row) =>
    row[field] === value;

/** Searches, each with the condition once more in plain code, over what the user knows. */
const searches: [type: 'project' | 'task', body: SearchBody, keeps: Keeps][] = [
  ['project', {}, () => true],
  ['project', { where: { budget: { gt: 50 } } }, over('budget', 50)],
  ['project', { where: { secret: 'amber' } }, is('secret', 'amber')],
  ['project', { where: { secret: { ne: 'amber' } } }, (row) => row['secret'] !== 'amber'],
  ['project', { where: { not: { secret: 'amber' } } }, (row) => row['secret'] !== 'amber'],
  ['project', { where: { secret: { empty: true } } }, is('secret', null)],
  ['project', { where: { secret: { empty: false } } }, (row) => row['secret'] !== null],
  ['project', { where: { secret: { contains: 'b' } } }, (row) => String(row['secret'] ?? '').includes('b')],
  ['project', { where: { secret: { startsWith: 'c' } } }, (row) => String(row['secret'] ?? '').startsWith('c')],
  ['project', { where: { secret: { in: ['amber', null] } } }, (row) => [null, 'amber'].includes(row['secret'] as null)],
  ['project', { where: { owner: userIds[1] } }, is('owner', userIds[1])],
  ['project', { where: { tags: { contains: 'birch' } } }, (row) => ((row['tags'] ?? []) as string[]).includes('birch')],
  [
    'project',
    { where: { or: [{ budget: { lte: 20 } }, { public: true }] } },
    (row) => (row['budget'] !== null && (row['budget'] as number) <= 20) || row['public'] === true,
  ],
  [
    'project',
    { where: { id: { in: [0, 3, 5, 7].map(projectId) } } },
    (row) => [0, 3, 5, 7].map(projectId).includes(row.id),
  ],
  ['project', { sort: ['title'] }, () => true],
  ['project', { sort: ['-title'] }, () => true],
  ['project', { sort: ['budget'] }, () => true],
  ['project', { sort: ['-budget', 'title'] }, () => true],
  ['project', { sort: ['secret'], where: { title: { ne: 'delta' } } }, (row) => row['title'] !== 'delta'],
  ['project', { sort: ['title', '-secret'] }, () => true],
  ['task', {}, () => true],
  ['task', { where: { hours: { gt: 10 } }, sort: ['-hours'] }, over('hours', 10)],
  ['task', { where: { assignee: userIds[0] }, sort: ['name'] }, is('assignee', userIds[0])],
  ['task', { where: { project: null } }, is('project', null)],
];

const order =
  (sort: readonly string[] = []) =>
  (a: Row, b: Row): number => {
    const keys = [...sort, `${sort.at(-1)?.startsWith('-') ? '-' : ''}id`];
    for (const key of keys) {
      const field = key.replace(/^-/, '');
      const [x, y] = key.startsWith('-') ? [b[field], a[field]] : [a[field], b[field]];
      if (x === y) continue;
      // Absent comes last, and first when descending.
      if (x === null) return 1;
      if (y === null) return -1;
      return (x as string) < (y as string) ? -1 : 1;
    }
    return 0;
  };

const paged = async (user: string | null, type: string, body: SearchBody, limit: number): Promise<Thing[]> => {
  const all: Thing[] = [];
  let cursor: string | undefined;
  do {
    const page: SearchResult = await stage.search(user, type, {
      ...body,
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
};

const numbers = (rows: Row[], field: string): number[] =>
  rows.map((row) => row[field]).filter((value) => value !== null) as number[];

it('finds, orders, pages and counts what the rules let somebody know, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.integer({ min: 1, max: 4 }), async (world, limit) => {
      await stage.set(world);
      for (const user of readers) {
        for (const [type, body, keeps] of searches) {
          const expected = known(world, type, user).filter(keeps).sort(order(body.sort));
          const found = await stage.search(user, type, { ...body, count: true });
          expect(found.items.map(plain)).toEqual(expected);
          expect(found.count).toBe(expected.length);
          if (body.sort === undefined) continue;
          expect((await paged(user, type, body, limit)).map(plain)).toEqual(expected);
        }
      }
    }),
    { numRuns: 8 },
  );
}, 180_000);

const beyond = (world: World, user: string | null, task: Row): Row | undefined =>
  known(world, 'project', user).find(({ id }) => task['project'] === id);

it('looks through references, and for words, only as far as somebody sees', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      await stage.set(world);
      for (const user of readers) {
        const tasks = known(world, 'task', user);
        const projects = known(world, 'project', user);
        const found = async (type: string, body: SearchBody): Promise<string[]> =>
          (await stage.search(user, type, body)).items.map(({ id }) => id);
        const idsOf = (rows: Row[]): string[] => rows.map(({ id }) => id);
        expect(await found('task', { where: { project: { is: { secret: 'amber' } } } })).toEqual(
          idsOf(tasks.filter((task) => beyond(world, user, task)?.['secret'] === 'amber')),
        );
        expect(await found('task', { sort: ['project.budget'] })).toEqual(
          idsOf(
            tasks
              .map((task) => ({ ...task, budget: beyond(world, user, task)?.['budget'] ?? null }))
              .sort(order(['budget'])),
          ),
        );
        const most = numbers(
          tasks.map((task) => ({ ...task, budget: beyond(world, user, task)?.['budget'] ?? null })),
          'budget',
        );
        const { aggregates } = await stage.search(user, 'task', { aggregates: { most: { max: 'project.budget' } } });
        expect(aggregates).toEqual({ most: most.length === 0 ? null : Math.max(...most) });
        expect(await found('project', { where: { 'task.project': { any: { hours: { gt: 10 } } } } })).toEqual(
          idsOf(projects.filter(({ id }) => tasks.some((task) => task['project'] === id && over('hours', 10)(task)))),
        );
        expect(await found('project', { search: 'amber', sort: ['id'] })).toEqual(
          idsOf(projects.filter((row) => [row['title'], row['secret'], row['status']].includes('amber'))),
        );
      }
    }),
    { numRuns: 6 },
  );
}, 180_000);

it('computes over what somebody sees', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      await stage.set(world);
      for (const user of readers) {
        const rows = known(world, 'project', user).filter((row) => row['status'] !== 'open');
        const budgets = numbers(rows, 'budget');
        const secrets = rows.map((row) => row['secret']).filter((secret) => secret !== null) as string[];
        const { aggregates } = await stage.search(user, 'project', {
          where: { status: { ne: 'open' } },
          aggregates: {
            count: { count: true },
            sum: { sum: 'budget' },
            least: { min: 'budget' },
            most: { max: 'budget' },
            average: { average: 'budget' },
            first: { min: 'secret' },
            last: { max: 'secret' },
          },
        });
        const sum = budgets.reduce((total, one) => total + one, 0);
        expect(aggregates).toEqual({
          count: rows.length,
          sum,
          least: budgets.length === 0 ? null : Math.min(...budgets),
          most: budgets.length === 0 ? null : Math.max(...budgets),
          average: budgets.length === 0 ? null : expect.closeTo(sum / budgets.length, 6),
          first: secrets.toSorted()[0] ?? null,
          last: secrets.toSorted().at(-1) ?? null,
        });
      }
    }),
    { numRuns: 8 },
  );
}, 180_000);

it('reads one thing as the rules have it', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      await stage.set(world);
      for (const user of readers) {
        for (const type of ['project', 'task', 'user', 'team'] as const) {
          const all = known(world, type, user);
          for (const { id } of world[type]) {
            const thing = await stage.ask<Thing | null>(user, { action: 'get', type, id });
            expect(thing === null ? undefined : plain(thing)).toEqual(all.find((row) => row.id === id));
          }
        }
      }
    }),
    { numRuns: 4 },
  );
}, 180_000);

const denied = (type: string) => ({
  problem: expect.objectContaining({
    code: 'privacy.denied',
    detail: `The privacy rules of ${type} do not allow this change.`,
  }),
});

type Outcome = { told: unknown; world: World };
interface Write {
  request: DataRequest;
  /** What is answered and what the world is then. */
  expected(world: World, user: string | null): Outcome;
}

const changed = (world: World, ids: string[], fields: Partial<World['project'][number]>): World => ({
  ...world,
  project: world.project.map((thing) => (ids.includes(thing.id) ? { ...thing, ...fields } : thing)),
});
const without = (world: World, ids: string[]): World => ({
  ...world,
  project: world.project.filter(({ id }) => !ids.includes(id)),
});
/** What is answered with: the thing as its user knows it, no more than its id if he may not find it any more. */
const shownTo = (world: World, thing: Row, user: string | null): { answer: Row } => ({
  answer:
    known(world, 'project', user).find(({ id }) => id === thing.id) ??
    (Object.fromEntries(Object.keys(thing).map((field) => [field, field === 'id' ? thing.id : null])) as Row),
});

const changeOne = (index: number, fields: Record<string, unknown>): Write => ({
  request: { action: 'change', type: 'project', id: projectId(index), fields },
  expected: (world, user) => {
    const thing = world.project[index]! as unknown as Row;
    if (!mayFind(world, 'project', thing, user)) return { told: { answer: null }, world };
    if (!mayChange(world, 'project', thing, user, Object.keys(fields))) return { told: denied('project'), world };
    const after = changed(world, [thing.id], fields);
    return { told: shownTo(after, { ...thing, ...fields }, user), world: after };
  },
});

const changeMany = (where: Record<string, unknown>, keeps: Keeps, fields: Record<string, unknown>): Write => ({
  request: { action: 'changeList', type: 'project', where, fields },
  expected: (world, user) => {
    const found = known(world, 'project', user).filter(keeps);
    const things = (world.project as unknown as Row[]).filter(
      (thing) =>
        found.some(({ id }) => id === thing.id) && mayChange(world, 'project', thing, user, Object.keys(fields)),
    );
    const ids = things.map(({ id }) => id);
    return { told: { answer: { changed: ids.length } }, world: changed(world, ids, fields) };
  },
});

const deleteMany = (where: Record<string, unknown>, keeps: Keeps): Write => ({
  request: { action: 'deleteList', type: 'project', where },
  expected: (world, user) => {
    const found = known(world, 'project', user).filter(keeps);
    const ids = (world.project as unknown as Row[])
      .filter((thing) => found.some(({ id }) => id === thing.id) && may(world, 'project', thing, user, 'delete'))
      .map(({ id }) => id);
    return { told: { answer: { deleted: ids.length } }, world: without(world, ids) };
  },
});

const deleteOne = (index: number): Write => ({
  request: { action: 'delete', type: 'project', id: projectId(index) },
  expected: (world, user) => {
    const thing = world.project[index]! as unknown as Row;
    if (!mayFind(world, 'project', thing, user)) return { told: { answer: null }, world };
    if (!may(world, 'project', thing, user, 'delete')) return { told: denied('project'), world };
    return { told: shownTo(world, thing, user), world: without(world, [thing.id]) };
  },
});

const create = (owner: string): Write => {
  const id = projectId(99);
  const fields = { id, title: 'new', owner, budget: 7 };
  const row = { ...fields, status: null, team: null, secret: null, members: null, tags: null, public: null };
  return {
    request: { action: 'create', type: 'project', fields },
    expected: (world, user) => {
      const after: World = { ...world, project: [...world.project, row] };
      if (!may(after, 'project', row, user, 'create')) return { told: denied('project'), world };
      return { told: shownTo(after, row, user), world: after };
    },
  };
};

const createTask = (project: string): Write => {
  const id = taskId(99);
  const fields = { id, name: 'new', project, assignee: userIds[0]! };
  const nowhere = { detail: 'project refers to a thing that does not exist' };
  return {
    request: { action: 'create', type: 'task', fields },
    expected: (world, user) => {
      if (!known(world, 'project', user).some((row) => row.id === project)) {
        const problem = { code: 'thing.invalid', ...nowhere };
        return { told: { problem: expect.objectContaining(problem) }, world };
      }
      const row = { ...fields, hours: null };
      const after: World = { ...world, task: [...world.task, row] };
      if (!may(after, 'task', row, user, 'create')) return { told: denied('task'), world };
      const shown = known(after, 'task', user).find((task) => task.id === id)!;
      return { told: { answer: shown }, world: after };
    },
  };
};

const writes: Write[] = [
  changeOne(0, { budget: 3 }),
  changeOne(1, { status: 'open', title: 'birch' }),
  changeOne(2, { owner: userIds[1] }),
  changeOne(3, { status: 'closed', budget: 1 }),
  changeMany({}, () => true, { status: 'closed' }),
  changeMany({ secret: 'amber' }, is('secret', 'amber'), { title: 'delta' }),
  changeMany({ budget: { gt: 30 } }, over('budget', 30), { budget: 0 }),
  deleteOne(4),
  deleteOne(5),
  deleteMany({ secret: 'amber' }, is('secret', 'amber')),
  deleteMany({ not: { budget: { gt: 30 } } }, (row) => !over('budget', 30)(row)),
  create(userIds[0]!),
  create(userIds[1]!),
  createTask(projectId(0)),
  createTask(projectId(50)),
];

const plainAnswer = (told: unknown): unknown => {
  const { answer } = told as { answer?: Thing | null };
  return answer !== null && answer !== undefined && 'id' in answer ? { answer: plain(answer) } : told;
};
const sorted = (world: World): World => ({
  ...world,
  project: world.project.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  task: world.task.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
});

it('changes what the rules let somebody change, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (given) => {
      // Nothing refers to a project, so that what is refused is refused by rules.
      const world = { ...given, task: given.task.map((task) => ({ ...task, project: null })) };
      for (const user of readers) {
        for (const { request, expected } of writes) {
          await stage.set(world);
          const told = await stage.told(user, request);
          const outcome = expected(world, user);
          expect(plainAnswer(told)).toEqual(outcome.told);
          expect(await stage.read()).toEqual(sorted(outcome.world));
        }
      }
    }),
    { numRuns: 3 },
  );
}, 180_000);

it('copies what somebody sees, if he may create it', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      for (const user of readers) {
        await stage.set(world);
        const sources = known(world, 'project', user);
        const fields = { owner: user };
        const told = await stage.told(user, { action: 'copy', type: 'project', where: {}, fields });
        const { project } = await stage.read();
        const made = (project as unknown as Row[]).filter(({ id }) => !world.project.some((old) => old.id === id));
        const areHis = sources.every((row) => may(world, 'project', { ...row, ...fields }, user, 'create'));
        if (sources.length > 0 && !areHis) {
          // A required field that he does not see is missed before the rules are asked.
          if (sources.every((row) => row['title'] !== null)) expect(told).toEqual(denied('project'));
          expect(made).toEqual([]);
          continue;
        }
        // A title is required, and a copy has what its maker saw.
        if (sources.some((row) => row['title'] === null)) {
          expect(told).toMatchObject({ problem: { code: 'thing.invalid' } });
          continue;
        }
        expect(told).toMatchObject({ answer: { copied: sources.length } });
        const withoutId = ({ id: _id, ...row }: Row): string => JSON.stringify(row, Object.keys(row).toSorted());
        expect(made.map(withoutId).toSorted()).toEqual(
          sources.map((row) => withoutId({ ...row, ...fields })).toSorted(),
        );
      }
    }),
    { numRuns: 3 },
  );
}, 180_000);
