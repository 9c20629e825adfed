import type { DataRequest, SearchBody, SearchResult } from '@nightshift/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  anyWorld,
  freeProject,
  freeTask,
  known,
  may,
  mayChange,
  mayFind,
  maySee,
  openStage,
  projectId,
  readers,
  taskId,
  userIds,
  type Row,
  type Stage,
  type World,
} from './privacy-world.ts';

/*
 * What somebody may not see must not change what he is told. Each world has a twin in which everything that is hidden from him is different;
 * whatever he asks, he gets the same answers, byte for byte, in both.
 */

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const hiddenTypes = ['project', 'task'] as const;

/** Other values for every field of every project and task. */
const anyOthers = fc.record({
  project: fc.tuple(...Array.from({ length: 12 }, () => fc.record(freeProject))),
  task: fc.tuple(...Array.from({ length: 12 }, () => fc.record(freeTask))),
});
type Others = typeof anyOthers extends fc.Arbitrary<infer T> ? T : never;

/** What the rules say of every field and right of somebody, as a text. */
const rightsOf = (world: World, user: string | null): string =>
  JSON.stringify(
    hiddenTypes.flatMap((type) =>
      (world[type] as unknown as Row[]).map((thing) => [
        mayFind(world, type, thing, user),
        ...Object.keys(thing).map((field) => [
          maySee(world, type, thing, user, field),
          mayChange(world, type, thing, user, [field]),
        ]),
        may(world, type, thing, user, 'create'),
        may(world, type, thing, user, 'delete'),
      ]),
    ),
  );

/**
 * The world with other values in whatever the user does not see. A value that decides about his rights is no secret to him, so each is taken
 * over only if all his rights stay as they are.
 */
const twinOf = (world: World, others: Others, user: string | null): { twin: World; differences: number } => {
  const rights = rightsOf(world, user);
  let twin = world;
  let differences = 0;
  for (const type of hiddenTypes) {
    for (const [index, other] of others[type].entries()) {
      for (const [field, value] of Object.entries(other)) {
        const thing = world[type][index]! as unknown as Row;
        const isKnown = mayFind(world, type, thing, user) && maySee(world, type, thing, user, field);
        if (isKnown || JSON.stringify(thing[field]) === JSON.stringify(value)) continue;
        const tried: World = {
          ...twin,
          [type]: (twin[type] as unknown as Row[]).map((row, at) => (at === index ? { ...row, [field]: value } : row)),
        };
        if (rightsOf(tried, user) !== rights) continue;
        twin = tried;
        differences++;
      }
    }
  }
  return { twin, differences };
};

const search = (type: 'project' | 'task', body: SearchBody): DataRequest => ({ action: 'search', type, search: body });

const reads: DataRequest[] = [
  ...[0, 1, 2, 3, 50].map((index): DataRequest => ({ action: 'get', type: 'project', id: projectId(index) })),
  ...[0, 1, 50].map((index): DataRequest => ({ action: 'get', type: 'task', id: taskId(index) })),
  search('project', { count: true }),
  search('project', { where: { secret: 'amber' }, count: true }),
  search('project', { where: { secret: { ne: 'amber' } }, count: true }),
  search('project', { where: { not: { or: [{ secret: 'amber' }, { budget: { gt: 30 } }] } } }),
  search('project', { where: { secret: { contains: 'a' } } }),
  search('project', { where: { secret: { startsWith: 'b' } } }),
  search('project', { where: { secret: { in: ['amber', 'birch', null] } } }),
  search('project', { where: { budget: { lte: 50 } } }),
  search('project', { where: { owner: userIds[2] } }),
  search('project', { where: { tags: { contains: 'amber' } } }),
  search('project', { where: { public: { empty: true } } }),
  search('project', { sort: ['secret'], limit: 2 }),
  search('project', { sort: ['-budget', 'status'], limit: 2 }),
  search('project', { sort: ['-public', '-secret', 'owner'] }),
  search('project', {
    aggregates: {
      s: { sum: 'budget' },
      i: { min: 'budget' },
      a: { max: 'secret' },
      v: { average: 'budget' },
      c: { count: true },
    },
  }),
  search('project', { where: { secret: 'cedar' }, aggregates: { s: { sum: 'budget' } } }),
  search('task', { sort: ['hours'], count: true }),
  search('task', { where: { hours: { gt: 10 } } }),
  search('task', { where: { project: projectId(0) } }),
  search('task', { sort: ['assignee', 'project'], limit: 3 }),
  // Through references both ways, and by words.
  search('task', { where: { project: { is: { secret: 'amber' } } } }),
  search('task', { where: { not: { project: { is: { budget: { gt: 30 } } } } } }),
  search('task', { sort: ['project.secret', '-project.budget'], limit: 2 }),
  search('task', { aggregates: { s: { sum: 'project.budget' }, a: { max: 'project.secret' } } }),
  search('project', { where: { 'task.project': { any: { hours: { gt: 10 } } } } }),
  search('project', { where: { 'task.project': { none: {} } }, count: true }),
  search('project', { where: { owner: { is: { role: 'auditor' } } } }),
  search('project', { where: { team: { is: { lead: userIds[0] } } } }),
  search('project', { search: 'amber' }),
  search('project', { search: 'birch or cedar', sort: ['-relevance'], limit: 2 }),
  search('task', { search: 'delta', where: { project: { is: { public: true } } } }),
  search('project', { where: { secrt: 'x' } }),
  search('project', { where: { secret: { gt: 5 } } }),
];

const where = { secret: 'amber' };
const writes: DataRequest[] = [
  ...[0, 1, 2].map((index): DataRequest => ({
    action: 'change',
    type: 'project',
    id: projectId(index),
    fields: { status: 'open' },
  })),
  ...[0, 1, 2].map((index): DataRequest => ({
    action: 'change',
    type: 'project',
    id: projectId(index),
    fields: { budget: 1 },
  })),
  { action: 'change', type: 'project', id: projectId(3), increment: { budget: 2 } },
  { action: 'change', type: 'project', id: projectId(3), clear: ['secret'] },
  { action: 'change', type: 'project', id: projectId(4), fields: { title: null } },
  { action: 'change', type: 'task', id: taskId(0), fields: { hours: 1 } },
  { action: 'change', type: 'task', id: taskId(1), fields: { project: projectId(1) } },
  { action: 'changeList', type: 'project', where, fields: { status: 'draft' } },
  { action: 'changeList', type: 'project', where: {}, fields: { title: 'delta' } },
  { action: 'changeList', type: 'project', ids: [0, 1, 2, 3].map(projectId), fields: { budget: 0 } },
  { action: 'changeList', type: 'project', where: { budget: { gt: 10 } }, fields: { status: 'open' } },
  { action: 'delete', type: 'task', id: taskId(2) },
  { action: 'deleteList', type: 'project', where },
  { action: 'deleteList', type: 'project', where: { budget: { lt: 50 } } },
  { action: 'copy', type: 'task', where: { hours: { gt: 20 } }, fields: { name: 'copy' } },
  {
    action: 'create',
    type: 'task',
    fields: { id: taskId(77), name: 'new', project: projectId(2), assignee: userIds[0] },
  },
  { action: 'create', type: 'project', fields: { id: projectId(77), title: 'new', owner: userIds[1] } },
];

/** Ids of copies, and the times of changes, are new each time. */
const withoutChance = (told: unknown): string =>
  JSON.stringify(told, (key, value: unknown) =>
    key === 'ids' ? (value as unknown[]).length : /At$/.test(key) ? '' : value,
  );

/** Every answer, with every page. */
const readAll = async (user: string | null): Promise<string[]> => {
  const all: string[] = [];
  for (const request of reads) {
    let told = await stage.told(user, request);
    all.push(JSON.stringify(told));
    for (;;) {
      const cursor = (told as { answer?: SearchResult | null }).answer?.nextCursor;
      if (request.action !== 'search' || typeof cursor !== 'string') break;
      told = await stage.told(user, { ...request, search: { ...request.search, cursor } });
      all.push(JSON.stringify(told));
    }
  }
  return all;
};

const writeEach = async (user: string | null, world: World): Promise<string[]> => {
  const all: string[] = [];
  for (const request of writes) {
    await stage.set(world);
    all.push(`${JSON.stringify(request)}: ${withoutChance(await stage.told(user, request))}`);
  }
  return all;
};

let differencesInAll = 0;

it('reads are the same whatever is hidden', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, anyOthers, async (world, others) => {
      for (const user of readers) {
        const { twin, differences } = twinOf(world, others, user);
        differencesInAll += differences;
        for (const type of hiddenTypes) expect(known(twin, type, user)).toEqual(known(world, type, user));
        await stage.set(world);
        const told = await readAll(user);
        await stage.set(twin);
        expect(await readAll(user)).toEqual(told);
      }
    }),
    { numRuns: 8 },
  );
  // A twin that differs in nothing would prove nothing.
  expect(differencesInAll).toBeGreaterThan(300);
}, 180_000);

it('changes are answered the same whatever is hidden', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, anyOthers, async (given, others) => {
      // What refers to a project keeps it from being deleted: that a thing is in use is told, by whom is not.
      const loose = <T extends { project: unknown }>(tasks: T[]): T[] =>
        tasks.map((task) => ({ ...task, project: null }));
      const world = { ...given, task: loose(given.task) };
      for (const user of readers) {
        const { twin } = twinOf(world, { ...others, task: loose(others.task) as never }, user);
        const told = await writeEach(user, world);
        expect(await writeEach(user, twin)).toEqual(told);
      }
    }),
    { numRuns: 3 },
  );
}, 180_000);
