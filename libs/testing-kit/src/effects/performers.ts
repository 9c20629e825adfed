import { Failure, type RecurrenceBody } from '@nightshift/contracts';
import type { Effect, EffectKind, EffectOf, StartListRequest } from '@nightshift/workflow-core';
import type { Definition, Definitions } from '../definitions.ts';
import type { OutsideEvent } from '../events.ts';
import type { Outside } from '../outside/http.ts';
import type { SentMail } from '../outside/mails.ts';
import { failed, type Delayed, type Occasion, type Performed } from '../runs/performed.ts';
import type { RequestedRun } from '../runs/run-record.ts';
import type { Store } from '../things/store.ts';
import { childRun } from './child-run.ts';
import { toPerformed, type AskData } from './data.ts';
import { effectKey } from './effect-key.ts';
import { makePerformHttp } from './http.ts';

/** What steps do to the world of a testbed. */
export interface PerformerDeps {
  now: () => Date;
  newId: () => string;
  definitions: Definitions;
  store: Store;
  askData: AskData;
  outside: Outside;
  mails: SentMail[];
  start: (run: RequestedRun) => void;
  /** Takes the place of what waits under the run's key. */
  putUnderKey: (run: RequestedRun) => { runId: string; replaced: boolean };
  startList: (list: StartListRequest & { listId: string }, definition: Definition, occasion: Occasion) => void;
  setRecurrence: (workflow: string, key: string, spec: RecurrenceBody | null) => Date[];
  send: (event: OutsideEvent, emitter: Occasion) => void;
  cancel: (effect: EffectOf<'cancel'>) => { cancelled: number; unchanged: number };
}

export type Perform = (effect: Effect, occasion: Occasion) => Performed | Delayed;

type Performers = { [Kind in EffectKind]: (effect: EffectOf<Kind>, occasion: Occasion) => Performed | Delayed };

const FROM = 'Nightshift <nightshift@localhost>';

/** Finds a workflow and checks parameters for it. @throws Failure `workflow.not_found`, `parameters.invalid` */
export const startable = (
  definitions: Definitions,
  name: string,
  given: Record<string, unknown>,
): { definition: Definition; parameters: Record<string, unknown> } => {
  const definition = definitions.published(name);
  const check = definition.checkParameters(structuredClone(given));
  if (check.ok) return { definition, parameters: check.value as Record<string, unknown> };
  throw new Failure('parameters.invalid', {
    detail: `The parameters do not fit "${name}": ${check.violations.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`,
    errors: check.violations,
  });
};

/** What each kind of effect does, as the platform does it, on the testbed's own world. */
export const makePerform = (deps: PerformerDeps): Perform => {
  const { now, newId, definitions, store, askData, outside, mails } = deps;
  const placeOf = ({ step, iteration }: Occasion) => ({ step, ...(iteration !== undefined && { iteration }) });

  const performers: Performers = {
    value: ({ value }) => ({ outcome: { kind: 'completed', result: value } }),
    data: (effect, occasion) => toPerformed(effect, askData(store, effect.request, occasion)),
    http: makePerformHttp(outside, now),
    email: ({ message }, occasion) => {
      const messageId = `<${effectKey(occasion)}@nightshift>`;
      mails.push({ ...message, from: message.from ?? FROM, messageId, runId: occasion.runId, step: occasion.step });
      const accepted = [...message.to, ...message.cc, ...message.bcc];
      return { outcome: { kind: 'completed', result: { messageId, accepted, rejected: [] } } };
    },
    wait: ({ until, durationMs = 0 }) => ({
      outcome: {
        kind: 'waiting',
        until: new Date(until === undefined ? now().getTime() + durationMs : until).toISOString(),
      },
    }),
    waitFor: ({ event: type, key }) => ({ outcome: { kind: 'awaiting', event: { type, key } } }),
    start: (effect, occasion) => {
      const { runId, step, requested } = occasion;
      const { workflow, parameters, dueAt, delayMs, version, key, ignorePrivacy } = effect;
      const found = startable(definitions, workflow, parameters);
      const dueMs = dueAt === undefined ? now().getTime() + (delayMs ?? 0) : Date.parse(dueAt);
      const isNow = dueAt === undefined && !delayMs;
      const run = childRun(
        newId(),
        {
          ...found,
          cause: { kind: workflow === requested.workflow ? 'chain' : 'run', runId, step },
          ...(!isNow && { dueAt: new Date(dueMs).toISOString() }),
          ...(version === 'latest' && { version }),
          ...(key !== undefined && { key }),
          ...(ignorePrivacy && { ignorePrivacy }),
        },
        occasion,
      );
      const due = { dueAt: new Date(dueMs).toISOString() };
      if (key !== undefined) {
        const { runId: id, replaced } = deps.putUnderKey(run);
        return { outcome: { kind: 'completed', result: { scheduleId: id, runId: id, ...due, replaced } } };
      }
      const result = { scheduleId: run.runId, runId: run.runId, ...due };
      return { outcome: { kind: 'completed', result }, afterwards: () => deps.start(run) };
    },
    startList: (effect, occasion) => {
      const { workflow, parameters, as, items } = effect;
      for (const item of as && items.length > 0 ? items : [undefined])
        startable(definitions, workflow, { ...parameters, ...(as && item !== undefined && { [as]: item }) });
      const listId = newId();
      const definition = definitions.published(workflow);
      return {
        outcome: { kind: 'completed', result: { listId, total: items.length } },
        afterwards: () => deps.startList({ ...effect, listId }, definition, occasion),
      };
    },
    call: ({ workflow, parameters, ignorePrivacy }, occasion) => {
      const found = startable(definitions, workflow, parameters);
      const cause = { kind: 'call', runId: occasion.runId, step: occasion.step } as const;
      const run = childRun(newId(), { ...found, cause, ...(ignorePrivacy && { ignorePrivacy }) }, occasion);
      return { outcome: { kind: 'calling', calledRunId: run.runId }, afterwards: () => deps.start(run) };
    },
    cancel: (effect) => ({ outcome: { kind: 'completed', result: deps.cancel(effect) } }),
    setRecurrence: ({ workflow, key, spec }) => {
      if (spec) startable(definitions, workflow, spec.parameters ?? {});
      const next = deps.setRecurrence(workflow, key, spec).map((moment) => moment.toISOString());
      return { outcome: { kind: 'completed', result: { workflow, key, next } } };
    },
    emit: ({ event }, occasion) => {
      const id = effectKey(occasion);
      const emitted: OutsideEvent = {
        id,
        source: `/workflows/${occasion.requested.workflow}`,
        type: event.type,
        subject: event.subject ?? null,
        time: now().toISOString(),
        data: event.data ?? null,
      };
      return { outcome: { kind: 'completed', result: { id } }, afterwards: () => deps.send(emitted, occasion) };
    },
    log: ({ level, message, data }, occasion) => ({
      outcome: { kind: 'completed' },
      events: [
        { type: 'LogWritten', data: { ...placeOf(occasion), level, message, ...(data !== undefined && { data }) } },
      ],
    }),
    progress: ({ kind: _, ...said }, occasion) => ({
      outcome: { kind: 'completed' },
      events: [{ type: 'ProgressReported', data: { ...placeOf(occasion), ...given(said) } }],
    }),
    respond: ({ answer }, occasion) => ({
      outcome: { kind: 'completed' },
      events: [{ type: 'AnswerGiven', data: { ...placeOf(occasion), answer } }],
    }),
    raise: ({ problem }) => ({ outcome: { kind: 'failed', problem, canRetry: false } }),
    stop: ({ result }) => ({ outcome: { kind: 'stopped', ...(result !== undefined && { result }) } }),
  };

  return (effect, occasion) => {
    try {
      const perform = performers[effect.kind] as (effect: Effect, occasion: Occasion) => Performed | Delayed;
      return perform(effect, occasion);
    } catch (error) {
      if (error instanceof Failure) return failed(error);
      throw error;
    }
  };
};

const given = <Said extends object>(said: Said): Said =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Said;
