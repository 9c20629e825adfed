import {
  type FieldKind,
  type Field,
  type RecurrenceBody,
  type RunStatus,
  type Thing,
  type TypeDefinition,
} from '@nightshift/contracts';
import type { EffectOf, EvaluationEnv, StartListRequest } from '@nightshift/workflow-core';
import { makeClock } from './clock.ts';
import { makeDefinitions, type DocumentSource } from './definitions.ts';
import { toMs, type Time } from './duration.ts';
import { makeAskData } from './effects/data.ts';
import { makePerform, startable } from './effects/performers.ts';
import type { OutsideEvent } from './events.ts';
import { makeIds } from './ids.ts';
import { makeOutside, type HttpStubs } from './outside/http.ts';
import type { SentMail } from './outside/mails.ts';
import { makeEngine } from './runs/engine.ts';
import { makeLocks } from './runs/locks.ts';
import { putUnderKey } from './starts/schedules.ts';
import { hasEnded, statusOf, type RunRecord } from './runs/run-record.ts';
import { viewOf, type TestRun } from './runs/run.ts';
import { makePerformTransaction } from './runs/transaction.ts';
import { makeLists, type TestList } from './starts/lists.ts';
import { makeRecurrences } from './starts/recurrences.ts';
import { makeTriggers } from './starts/triggers.ts';
import { makeAnswerData } from './things/answer.ts';
import { makeStore } from './things/store.ts';

/** Fields of a type, as `PUT /v1/types/{type}` takes them. */
export type FieldsOf = Readonly<Record<string, { kind: FieldKind } & Partial<Field>>>;

export interface TestbedOptions {
  /** The documents under test, and all that they start or call. */
  workflows: readonly DocumentSource[];
  /** The types that they work on. */
  types?: Readonly<Record<string, FieldsOf>>;
  /** When it is, to begin with; 2026-01-01T00:00:00Z if absent. */
  now?: string | Date;
  /** What `=secrets.NAME` stands for. */
  secrets?: Readonly<Record<string, string>>;
  /** What `$random()` gives; 0.5 if absent. */
  random?: () => number;
}

/** The things of one type. What is done to them here starts what a change in SQL would start. */
export interface TestThings {
  readonly all: readonly Thing[];
  get(id: string): Thing | undefined;
  /** The first with these values. */
  find(values: Readonly<Record<string, unknown>>): Thing | undefined;
  create(fields: Record<string, unknown>): Promise<Thing>;
  change(id: string, fields: Record<string, unknown>): Promise<Thing>;
  delete(id: string): Promise<void>;
}

export interface StartRunOptions {
  /** As whom the run acts: the id of a user. */
  user?: string;
}

export interface TestEvent {
  type: string;
  subject?: string;
  data?: unknown;
  source?: string;
  /** The same again is not taken in twice. Absent: it is another one. */
  id?: string;
}

/** How items are started, as the step `scheduleOnList` takes it. */
export type TestListOptions = Partial<
  Omit<StartListRequest, 'workflow' | 'items' | 'intervalMs' | 'gapMs' | 'rate'>
> & {
  interval?: Time;
  gap?: Time;
  rate?: { limit: number; per: Time };
};

/**
 * A small platform in memory for the test of workflows: the interpreter is the platform's own, the world around it is not. Time stands
 * still between two calls.
 */
export interface Testbed {
  readonly now: Date;
  /** Lets time pass: everything that is due on the way happens at its moment, in order. */
  advance(time: Time): Promise<void>;
  advanceTo(moment: string | Date): Promise<void>;
  /** Starts a run, and takes it as far as it goes without time passing. @throws Failure `workflow.not_found`, `parameters.invalid` */
  start(workflow: string, parameters?: Record<string, unknown>, options?: StartRunOptions): Promise<TestRun>;
  schedule(
    workflow: string,
    when: { at: string | Date } | { in: Time },
    parameters?: Record<string, unknown>,
  ): Promise<TestRun>;
  list(workflow: string, items: readonly unknown[], options?: TestListOptions): Promise<TestList>;
  /** As `PUT /v1/workflows/{name}/recurrences/{key}`; null ends it. @returns its next ten moments */
  recur(workflow: string, key: string, spec: RecurrenceBody | null): Promise<Date[]>;
  /** An outside event. */
  send(event: TestEvent): Promise<void>;
  /** Publishes newer versions of documents. What is under way goes on by the version that it began with. */
  publish(...documents: DocumentSource[]): void;
  /** All runs in the order of their start, or those of one workflow. */
  runs(workflow?: string): TestRun[];
  /** The newest run of a workflow. @throws Error if there is none */
  lastRun(workflow: string): TestRun;
  pause(run: { id: string }): Promise<void>;
  resume(run: { id: string }): Promise<void>;
  cancel(run: { id: string }, reason?: string): Promise<void>;
  /** Lets a failed run go on at the step that failed. */
  retry(run: { id: string }, parameters?: Record<string, unknown>): Promise<void>;
  things(type: string): TestThings;
  readonly http: HttpStubs;
  /** What `email` steps sent, in order. */
  readonly mails: readonly SentMail[];
}

const START = '2026-01-01T00:00:00Z';

/** @throws Error naming all that is wrong with the documents */
export const createTestbed = ({
  workflows,
  types = {},
  now = START,
  secrets = {},
  random = () => 0.5,
}: TestbedOptions): Testbed => {
  const clock = makeClock(new Date(now).getTime());
  const newId = makeIds(clock.now);
  const env = (): EvaluationEnv => ({ now: clock.now(), random, uuid: newId });
  const definedTypes = Object.entries(types).map(([name, fields]): TypeDefinition => ({ name, fields }));
  const definitions = makeDefinitions(definedTypes);
  definitions.publish(workflows);

  const store = makeStore(definedTypes);
  const answer = makeAnswerData({ now: clock.now, newId });
  const askData = makeAskData(answer);
  const outside = makeOutside();
  const mails: SentMail[] = [];
  const kept = new Map<string, OutsideEvent & { receivedAt: number }>();
  const untriggered: { event: OutsideEvent; emitter: { runId: string; depth: number } | undefined }[] = [];

  const recordOf = (id: string): RunRecord => {
    const run = engine.runs.get(id);
    if (run === undefined) throw new Error(`There is no run ${id}`);
    return run;
  };
  const take = (event: OutsideEvent, emitter?: { runId: string; depth: number }): void => {
    const key = `${event.source} ${event.id}`;
    if (kept.has(key)) return;
    kept.set(key, { ...event, receivedAt: clock.now().getTime() });
    untriggered.push({ event, emitter });
    for (const run of engine.runs.values()) if (!hasEnded(run)) engine.wake(run);
  };
  const cancelRun = (run: RunRecord, reason?: string): boolean => {
    if (hasEnded(run)) return false;
    engine.append(run, [{ type: 'RunCancelled', data: reason === undefined ? {} : { reason } }]);
    return true;
  };
  const cancelAll = ({ runs: ids = [], lists: listIds = [], where, reason }: EffectOf<'cancel'>) => {
    const found = where ? [...engine.runs.values()].filter((run) => !hasEnded(run) && fits(run, where)) : [];
    const chosen = [...ids.map((id) => engine.runs.get(id)), ...found];
    const done = [
      ...chosen.map((run) => run !== undefined && cancelRun(run, reason)),
      ...listIds.map((id) => lists.cancel(id)),
    ];
    const cancelled = done.filter(Boolean).length;
    return { cancelled, unchanged: done.length - cancelled };
  };

  const engine = makeEngine({
    clock,
    env,
    definitions,
    locks: makeLocks(),
    secrets,
    perform: makePerform({
      now: clock.now,
      newId,
      definitions,
      store,
      askData,
      outside,
      mails,
      start: (run) => void engine.request(run),
      putUnderKey: (run) => putUnderKey(engine, run),
      startList: (list, definition, parent) => void lists.start(list, definition, parent),
      setRecurrence: (workflow, key, spec) => recurrences.set(workflow, key, spec),
      send: (event, { runId, requested }) => take(event, { runId, depth: requested.depth }),
      cancel: cancelAll,
    }),
    performTransaction: makePerformTransaction({ store, askData, env }),
    keptEvent: (run, { type, key }) => {
      const since = Date.parse(run.state.requestedAt);
      for (const [id, { receivedAt, ...event }] of kept)
        if (event.type === type && event.subject === key && receivedAt >= since && !run.heard.has(id))
          return { id, event };
      return undefined;
    },
  });
  const lists = makeLists({ clock, env, newId, definitions, start: engine.request });
  const recurrences = makeRecurrences({
    clock,
    newId,
    definitions,
    start: engine.request,
    cancel: (run) => void cancelRun(run),
  });
  const triggers = makeTriggers({ definitions, env, newId, start: (run) => void engine.request(run) });

  /** Until nothing goes on without time. */
  const settle = async (): Promise<void> => {
    for (;;) {
      await engine.settle();
      const changes = store.takeChanges();
      const next = untriggered.shift();
      if (changes.length === 0 && next === undefined) return;
      if (changes.length > 0) await triggers.changed(changes);
      if (next) await triggers.received(next.event, next.emitter);
    }
  };
  const advanceTo = async (untilMs: number): Promise<void> => {
    await settle();
    for (let at = clock.next(); at !== undefined && at <= untilMs; at = clock.next()) {
      clock.moveTo(at);
      await settle();
    }
    clock.moveTo(untilMs);
  };
  const begin = async (
    workflow: string,
    given: Record<string, unknown>,
    { user, dueAt }: { user?: string | undefined; dueAt?: string },
  ): Promise<TestRun> => {
    const { definition, parameters } = startable(definitions, workflow, given);
    const runId = newId();
    const run = engine.request({
      runId,
      requested: {
        workflow,
        workflowVersion: definition.version,
        parameters,
        cause: dueAt === undefined ? { kind: 'api' } : { kind: 'schedule', dueAt },
        chainId: runId,
        iteration: 1,
        depth: 0,
        ...(dueAt !== undefined && { dueAt }),
        ...(user !== undefined && { requestedBy: { kind: 'key' as const, name: 'test', user } }),
      },
    });
    await settle();
    return viewOf(run);
  };
  const control = async (id: string, allowed: readonly RunStatus[], event: Parameters<typeof engine.append>[1][0]) => {
    const run = recordOf(id);
    const status = statusOf(run);
    if (!allowed.includes(status))
      throw new Error(`Run ${id} is ${status}: ${event.type} needs ${allowed.join(' or ')}`);
    engine.append(run, [event]);
    await settle();
  };

  return {
    get now() {
      return clock.now();
    },
    advance: async (time) => advanceTo(clock.now().getTime() + toMs(time)),
    advanceTo: async (moment) => advanceTo(new Date(moment).getTime()),
    start: async (workflow, parameters = {}, { user } = {}) => begin(workflow, parameters, { user }),
    schedule: async (workflow, when, parameters = {}) => {
      const at = 'at' in when ? new Date(when.at) : new Date(clock.now().getTime() + toMs(when.in));
      return begin(workflow, parameters, { dueAt: at.toISOString() });
    },
    list: async (workflow, items, { interval, gap, rate, ...options } = {}) => {
      const definition = definitions.published(workflow);
      const list = lists.start(
        {
          parameters: {},
          ...options,
          workflow,
          items: [...items],
          listId: newId(),
          ...(interval !== undefined && { intervalMs: toMs(interval) }),
          ...(gap !== undefined && { gapMs: toMs(gap) }),
          ...(rate !== undefined && { rate: { limit: rate.limit, perMs: toMs(rate.per) } }),
        },
        definition,
        {},
      );
      await settle();
      return list;
    },
    recur: async (workflow, key, spec) => {
      if (spec) startable(definitions, workflow, spec.parameters ?? {});
      const next = recurrences.set(workflow, key, spec);
      await settle();
      return next;
    },
    send: async ({ type, subject, data, source = '/test', id = newId() }) => {
      take({ id, source, type, subject: subject ?? null, time: clock.now().toISOString(), data: data ?? null });
      await settle();
    },
    publish: (...documents) => definitions.publish(documents),
    runs: (workflow) =>
      [...engine.runs.values()]
        .filter(({ definition }) => workflow === undefined || definition.name === workflow)
        .map(viewOf),
    lastRun: (workflow) => {
      const run = [...engine.runs.values()].findLast(({ definition }) => definition.name === workflow);
      if (run === undefined) throw new Error(`There is no run of "${workflow}"`);
      return viewOf(run);
    },
    pause: ({ id }) => control(id, ['scheduled', 'queued', 'running', 'waiting'], { type: 'RunPaused', data: {} }),
    resume: ({ id }) => control(id, ['paused'], { type: 'RunResumed', data: {} }),
    cancel: ({ id }, reason) =>
      control(id, ['scheduled', 'queued', 'running', 'waiting', 'paused'], {
        type: 'RunCancelled',
        data: reason === undefined ? {} : { reason },
      }),
    retry: ({ id }, parameters) =>
      control(id, ['failed'], { type: 'RunRetried', data: parameters === undefined ? {} : { parameters } }),
    things: (type) => ({
      get all() {
        return store.all(type);
      },
      get: (id) => store.find(type, id),
      find: (values) =>
        store.all(type).find((thing) => Object.entries(values).every(([name, value]) => thing[name] === value)),
      create: async (fields) => {
        const thing = answer(store, { action: 'create', type, fields }, direct) as Thing;
        await settle();
        return thing;
      },
      change: async (id, fields) => {
        const thing = answer(store, { action: 'change', type, id, fields }, direct) as Thing | null;
        if (thing === null) throw new Error(`There is no ${type} with the id ${id}`);
        await settle();
        return thing;
      },
      delete: async (id) => {
        answer(store, { action: 'delete', type, id }, direct);
        await settle();
      },
    }),
    http: outside,
    mails,
  };
};

/** As plain SQL changes things. */
const direct = { depth: 0 };

const fits = (run: RunRecord, where: NonNullable<EffectOf<'cancel'>['where']>): boolean => {
  const { requested } = run.state;
  const { cause } = requested;
  const is: Record<keyof typeof where, unknown> = {
    workflow: requested.workflow,
    chainId: requested.chainId,
    listId: cause.kind === 'list' ? cause.listId : requested.listId,
    parentRunId: requested.parentRunId,
    status: statusOf(run),
    key: requested.key,
  };
  return Object.entries(where).every(([name, value]) => is[name as keyof typeof where] === value);
};
