import type { RunStatus, TypeDefinition } from '@nightshift/contracts';
import type { EffectOf, EvaluationEnv } from '@nightshift/workflow-core';
import { makeClock } from './clock.ts';
import { makeDefinitions } from './definitions.ts';
import { toMs } from './duration.ts';
import { makeAskData } from './effects/data.ts';
import { makePerform, startable } from './effects/performers.ts';
import type { OutsideEvent } from './events.ts';
import { makeIds } from './ids.ts';
import { makeOutside } from './outside/http.ts';
import type { SentMail } from './outside/mails.ts';
import { makeEngine } from './runs/engine.ts';
import { makeLocks } from './runs/locks.ts';
import { putUnderKey } from './starts/schedules.ts';
import { hasEnded, statusOf, type RunRecord } from './runs/run-record.ts';
import { viewOf, type TestRun } from './runs/run.ts';
import { makePerformTransaction } from './runs/transaction.ts';
import { makeLists } from './starts/lists.ts';
import { makeRecurrences } from './starts/recurrences.ts';
import { makeTriggers } from './starts/triggers.ts';
import { makeAnswerData } from './things/answer.ts';
import { makeStore } from './things/store.ts';

import { makeTestThings } from './things/test-things.ts';
import type { Testbed, TestbedOptions } from './testbed.ts';

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

  const things = makeTestThings({ store, answer, settle });

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
    things,
    http: outside,
    mails,
  };
};

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
