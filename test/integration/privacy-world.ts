import type { DataAnswer, DataRequest, PrivacyRule, SearchBody, SearchResult, Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase } from '@nightshift/testing';
import fc from 'fast-check';
import pg from 'pg';
import { Registry } from 'prom-client';

/** A world of four types with rules over them, and what those rules mean, said once more in plain code. */

export interface User {
  id: string;
  name: string;
  role: string | null;
}
export interface Team {
  id: string;
  lead: string | null;
}
export interface Project {
  id: string;
  title: string;
  status: string | null;
  owner: string | null;
  team: string | null;
  budget: number | null;
  secret: string | null;
  members: string[] | null;
  tags: string[] | null;
  public: boolean | null;
}
export interface Task {
  id: string;
  name: string;
  hours: number | null;
  project: string | null;
  assignee: string | null;
}
export interface World {
  user: User[];
  team: Team[];
  project: Project[];
  task: Task[];
}

/** Ids that say what they are of. */
const idOf = (kind: number, index: number): string =>
  `0${kind}000000-0000-7000-8000-${String(index).padStart(12, '0')}`;
export const userIds = [0, 1, 2, 3].map((index) => idOf(1, index));
const teamIds = [0, 1, 2].map((index) => idOf(2, index));
export const projectId = (index: number): string => idOf(3, index);
export const taskId = (index: number): string => idOf(4, index);

/** Who asks: one with a role, one without, and nobody. */
export const readers = [userIds[0]!, userIds[1]!, null];

export const rules: Record<keyof World, PrivacyRule[]> = {
  user: [{ name: 'everybody has a name', find: true, see: ['name'] }],
  team: [],
  project: [
    { name: 'public', when: 'thing.public', find: true, see: ['title', 'status', 'owner'] },
    {
      name: 'owner',
      when: 'thing.owner = currentUser.id',
      find: true,
      see: 'all',
      create: true,
      change: true,
      delete: true,
    },
    {
      name: 'member',
      when: 'currentUser.id in thing.members and $not(thing.status = "closed")',
      find: true,
      see: ['title', 'status', 'budget', 'team'],
      change: ['status', 'title'],
    },
    { name: 'lead', when: 'thing.team.lead = currentUser.id', see: ['secret'], change: ['budget'] },
    {
      name: 'auditor',
      when: "currentUser.role = 'auditor' and (thing.budget > 50 or $exists(thing.secret) or 'amber' in thing.tags) and thing.status != 'draft'",
      find: true,
      see: ['status', 'budget'],
      delete: true,
    },
  ],
  task: [
    { name: 'of a public project', when: 'thing.project.public', find: true, see: ['name', 'project'] },
    {
      name: 'mine',
      when: 'thing.assignee = currentUser.id or thing.project.owner = currentUser.id',
      find: true,
      see: 'all',
      change: ['name', 'hours'],
      create: true,
    },
  ],
};

/** The same conditions, in the order of the rules. What is absent equals nothing. */
const same = (a: unknown, b: unknown): boolean => a !== null && a !== undefined && a === b;
const holds: { [T in keyof World]: ((thing: never, user: User | undefined, world: World) => boolean)[] } = {
  user: [() => true],
  team: [],
  project: [
    (thing: Project) => thing.public === true,
    (thing: Project, user) => same(thing.owner, user?.id),
    (thing: Project, user) =>
      user !== undefined && (thing.members ?? []).includes(user.id) && thing.status !== 'closed',
    (thing: Project, user, world) => same(world.team.find(({ id }) => id === thing.team)?.lead, user?.id),
    (thing: Project, user) =>
      user?.role === 'auditor' &&
      ((thing.budget ?? 0) > 50 || thing.secret !== null || (thing.tags ?? []).includes('amber')) &&
      thing.status !== null &&
      thing.status !== 'draft',
  ],
  task: [
    (thing: Task, _user, world) => world.project.find(({ id }) => id === thing.project)?.public === true,
    (thing: Task, user, world) =>
      same(thing.assignee, user?.id) || same(world.project.find(({ id }) => id === thing.project)?.owner, user?.id),
  ],
};

export type Row = Record<string, unknown> & { id: string };

/** The rules of the type that hold for the thing. */
const given = (world: World, type: keyof World, thing: Row, userId: string | null): PrivacyRule[] => {
  const user = world.user.find(({ id }) => id === userId);
  return rules[type].filter((_rule, index) => holds[type][index]!(thing as never, user, world));
};

export const mayFind = (world: World, type: keyof World, thing: Row, userId: string | null): boolean =>
  given(world, type, thing, userId).some((rule) => rule.find === true);
export const maySee = (world: World, type: keyof World, thing: Row, userId: string | null, field: string): boolean =>
  field === 'id' || given(world, type, thing, userId).some(({ see }) => see === 'all' || (see ?? []).includes(field));
export const mayChange = (
  world: World,
  type: keyof World,
  thing: Row,
  userId: string | null,
  fields: string[],
): boolean =>
  fields.every((field) =>
    given(world, type, thing, userId).some(({ change = false }) =>
      typeof change === 'boolean' ? change : change.includes(field),
    ),
  );
export const may = (
  world: World,
  type: keyof World,
  thing: Row,
  userId: string | null,
  right: 'create' | 'delete',
): boolean => given(world, type, thing, userId).some((rule) => rule[right] === true);

/** The things of a type as a user knows them, in the order of their ids. */
export const known = (world: World, type: keyof World, userId: string | null): Row[] =>
  (world[type] as unknown as Row[])
    .filter((thing) => mayFind(world, type, thing, userId))
    .map(
      (thing) =>
        Object.fromEntries(
          Object.entries(thing).map(([field, value]) => [
            field,
            maySee(world, type, thing, userId, field) ? value : null,
          ]),
        ) as Row,
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3, nil: null });
const word = fc.constantFrom('amber', 'birch', 'cedar', 'delta');
const aUser = fc.constantFrom(...userIds);

export const freeProject = {
  title: word,
  status: maybe(fc.constantFrom('open', 'draft', 'closed')),
  owner: maybe(aUser),
  team: maybe(fc.constantFrom(...teamIds)),
  budget: maybe(fc.integer({ min: 0, max: 100 })),
  secret: maybe(word),
  members: maybe(fc.uniqueArray(aUser, { maxLength: 3 })),
  tags: maybe(fc.uniqueArray(word, { maxLength: 2 })),
  public: maybe(fc.boolean()),
};
export const freeTask = {
  name: word,
  hours: maybe(fc.integer({ min: 0, max: 40 })),
  project: maybe(fc.integer({ min: 0, max: 11 }).map(projectId)),
  assignee: maybe(aUser),
};

export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    user: fc.tuple(...userIds.map(() => fc.record({ name: word, role: maybe(fc.constantFrom('auditor', 'guest')) }))),
    team: fc.tuple(...teamIds.map(() => fc.record({ lead: maybe(aUser) }))),
    project: fc.tuple(...Array.from({ length: 12 }, () => fc.record(freeProject))),
    task: fc.tuple(...Array.from({ length: 12 }, () => fc.record(freeTask))),
  })
  .map(({ user, team, project, task }) => ({
    user: user.map((fields, index) => ({ id: userIds[index]!, ...fields })),
    team: team.map((fields, index) => ({ id: teamIds[index]!, ...fields })),
    project: project.map((fields, index) => ({ id: projectId(index), ...fields })),
    task: task.map((fields, index) => ({ id: taskId(index), ...fields })),
  }));

export interface Stage {
  readonly data: Data;
  readonly sql: pg.Client;
  /** Puts the world in place of what is there, without anybody noticing. */
  set(world: World): Promise<void>;
  /** What is there. */
  read(): Promise<World>;
  ask<Answer extends DataAnswer>(user: string | null, request: DataRequest): Promise<Answer>;
  search(user: string | null, type: string, body: SearchBody): Promise<SearchResult>;
  /** An answer, or the whole of a refusal. */
  told(user: string | null, request: DataRequest): Promise<unknown>;
  close(): Promise<void>;
}

const types: (keyof World)[] = ['user', 'team', 'project', 'task'];

export const openStage = async (): Promise<Stage> => {
  const database = await createTestDatabase();
  await migrateData(database.url);
  const data = openData({
    url: database.serviceUrls.data,
    connections: 4,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
  const sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  await declare(data);
  const ask: Stage['ask'] = (user, request) => data.answer({ ...request, as: { user } }) as Promise<never>;
  return {
    data,
    sql,
    set: async (world) => {
      await sql.query('SET session_replication_role = replica');
      for (const type of types) {
        const columns = Object.keys(world[type][0]!).map((name) => `"${name}"`);
        await sql.query(`DELETE FROM public."${type}"`);
        await sql.query(
          `INSERT INTO public."${type}" (${columns.join(', ')}, "createdAt", "updatedAt")
           SELECT ${columns.join(', ')}, '2026-01-01', '2026-01-01' FROM json_populate_recordset(NULL::public."${type}", $1)`,
          [JSON.stringify(world[type])],
        );
      }
    },
    read: async () => {
      const world: Record<string, unknown> = {};
      for (const type of types) {
        const { rows } = await sql.query<Row>(`SELECT * FROM public."${type}" ORDER BY id`);
        world[type] = rows.map(({ createdAt: _c, updatedAt: _u, createdBy: _b, ...row }) => asPlain(row));
      }
      return world as unknown as World;
    },
    ask,
    search: (user, type, search) => ask<SearchResult>(user, { action: 'search', type, search }),
    told: (user, request) =>
      ask(user, request).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ problem: (error as { toProblem(): unknown }).toProblem() }),
      ),
    close: async () => {
      await sql.end();
      await data.close();
      await database.drop();
    },
  };
};

/** `bigint` comes as a text. */
const asPlain = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      (name === 'budget' || name === 'hours') && value !== null ? Number(value) : value,
    ]),
  ) as Row;

const text = { kind: 'text' } as const;
const declare = async (data: Data): Promise<void> => {
  await data.declareType({ name: 'user', fields: { name: text, role: text } });
  await data.declareType({ name: 'team', fields: { lead: { kind: 'reference', type: 'user' } } });
  await data.declareType({
    name: 'project',
    fields: {
      title: { kind: 'text', required: true },
      status: text,
      owner: { kind: 'reference', type: 'user', indexed: true },
      team: { kind: 'reference', type: 'team' },
      budget: { kind: 'integer' },
      secret: text,
      members: { kind: 'reference', type: 'user', list: true },
      tags: { kind: 'json' },
      public: { kind: 'boolean' },
    },
  });
  await data.declareType({
    name: 'task',
    fields: {
      name: { kind: 'text', required: true },
      hours: { kind: 'integer' },
      project: { kind: 'reference', type: 'project' },
      assignee: { kind: 'reference', type: 'user' },
    },
  });
  for (const type of types) await data.privacy({ type, rules: rules[type] });
};

/** A thing without what the database adds. */
export const plain = ({ createdAt: _c, updatedAt: _u, createdBy: _b, ...thing }: Thing): Row => thing;
