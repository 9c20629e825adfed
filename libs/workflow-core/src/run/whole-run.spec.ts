import type { NewRunEvent, Problem, RunEvent, RunRequested } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv } from '../expressions/scope.ts';
import type { Effect } from '../steps/effect.ts';
import { decideFinish } from './decide-finish.ts';
import { decideStep, type StepOutcome } from './decide-step.ts';
import { nextMove, type Move } from './next-move.ts';
import { compileWorkflow, type Plan } from './plan.ts';
import { evolve, initialState, type RunState } from './run-state.ts';
import { scopeOf } from './scope-of.ts';

const at = '2026-11-20T10:00:00.000Z';
const env: EvaluationEnv = { now: new Date(at), random: () => 0.5, uuid: () => 'a-uuid' };
const problem: Problem = { type: 'x', title: 'x', status: 503, code: 'http.status' };

const plan = compileWorkflow({
  workflow: 'welcome',
  do: [
    { pause: { wait: { minutes: 30 } } },
    { user: { get: { type: 'user', id: '=trigger.now.id' } } },
    { greeting: { set: "='Hello ' & user.firstName" } },
    { unused: { set: 1, if: '$not($exists(user))' } },
    {
      send: {
        http: { method: 'POST', url: 'https://mail.example.com', body: { to: '=user.email', text: '=greeting' } },
        if: '$exists(user)',
        retry: { delay: 'PT10S', limit: { attempts: 3 } },
      },
    },
    { price: { call: { workflow: 'price' } } },
    { ids: { set: '=user.orders.id' } },
    { mark: { if: '$exists(send)', change: { type: 'user', id: '=user.id', fields: { welcomedAt: '=$now()' } } } },
  ],
  return: { sent: '=$exists(send)', price: '=price', ids: '=ids', skipped: '=unused' },
});

const request: RunRequested = {
  workflow: 'welcome',
  workflowVersion: 1,
  parameters: {},
  cause: { kind: 'change', changeId: '0/1' },
  chainId: 'run',
  iteration: 1,
  depth: 0,
  trigger: { now: { id: '7' } },
};

const user = { id: '7', firstName: 'Ada', email: 'ada@example.com', orders: [{ id: 1 }, { id: 2 }] };

/** What the world answers; the mail server is down for the first two attempts. */
const perform = (effect: Effect, attempt: number): StepOutcome => {
  switch (effect.kind) {
    case 'value':
      return { kind: 'completed', result: effect.value };
    case 'data':
      return { kind: 'completed', result: effect.request.action === 'get' ? user : { ...user, welcomedAt: at } };
    case 'http':
      return attempt < 3 ? { kind: 'failed', problem, canRetry: true } : { kind: 'completed', result: { status: 200 } };
    case 'wait':
      return { kind: 'waiting', until: at };
    case 'call':
      return { kind: 'calling', calledRunId: 'child' };
    default:
      throw new Error(`not in this workflow: ${effect.kind}`);
  }
};

const performStep = async (
  state: RunState,
  { step, attempt, isConditionMet }: Move & { kind: 'step' },
): Promise<StepOutcome> => {
  const scope = scopeOf(state);
  if (step.condition && !isConditionMet && !isMet(await step.condition.evaluate(scope, env)))
    return { kind: 'skipped', reason: 'its condition was not met' };
  const effect = step.prepare(await step.input.evaluate(scope, env));
  return effect.kind === 'refused'
    ? { kind: 'failed', problem: effect.problem, canRetry: false }
    : perform(effect, attempt);
};

/** What the next move records; a resting run gets what it waits for. */
const advance = async (aPlan: Plan, state: RunState): Promise<NewRunEvent[]> => {
  const move = nextMove(aPlan, state);
  switch (move.kind) {
    case 'record':
      return move.events;
    case 'step':
      return decideStep(aPlan, state, move.step, await performStep(state, move), env);
    case 'collect':
      return decideStep(aPlan, state, move.step, { kind: 'completed', result: 42 }, env);
    case 'finish':
      return decideFinish(state, { result: await aPlan.result?.evaluate(scopeOf(state), env) });
    case 'rest':
      return state.status === 'waiting' ? [{ type: 'TimerFired', data: { dueAt: at, lateMs: 0 } }] : [];
  }
};

const fold = (events: readonly RunEvent[]): RunState => events.reduce(evolve, initialState);
const append = (history: readonly RunEvent[], events: readonly NewRunEvent[]): RunEvent[] => [
  ...history,
  ...events.map((event, index) => ({ ...event, runId: 'run', version: history.length + index + 1, at })),
];

/** Goes on from a history to the end. */
const runToEnd = async (history: RunEvent[]): Promise<RunEvent[]> => {
  const events = await advance(plan, fold(history));
  return events.length === 0 ? history : runToEnd(append(history, events));
};

const requested = append([], [{ type: 'RunRequested', data: request }]);

describe('a whole run', () => {
  it('leaves this history', async () => {
    const history = await runToEnd(requested);
    expect(history.map(({ type, data }) => ('step' in data ? `${type} ${data.step}` : type))).toEqual([
      'RunRequested',
      'RunStarted',
      'WaitStarted pause',
      'TimerFired',
      'StepCompleted pause',
      'StepCompleted user',
      'StepCompleted greeting',
      'StepSkipped unused',
      'StepRetried send',
      'TimerFired',
      'StepRetried send',
      'TimerFired',
      'StepCompleted send',
      'WaitStarted price',
      'StepCompleted price',
      'StepCompleted ids',
      'StepCompleted mark',
      'RunSucceeded',
    ]);
    expect(history.at(-1)).toMatchObject({ data: { result: { sent: true, price: 42, ids: [1, 2] } } });
  });

  it('ends the same when it is taken up again from any point of its history', async () => {
    const history = await runToEnd(requested);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: history.length }), async (length) => {
        expect(await runToEnd(history.slice(0, length))).toEqual(history);
      }),
    );
  });

  it('ends the same after a pause at any point', async () => {
    const history = await runToEnd(requested);
    const pause: NewRunEvent[] = [
      { type: 'RunPaused', data: {} },
      { type: 'RunResumed', data: {} },
    ];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: history.length - 1 }), async (length) => {
        const paused = await runToEnd(append(history.slice(0, length), pause));
        expect(paused.at(-1)).toMatchObject({ type: 'RunSucceeded', version: history.length + 2 });
      }),
    );
  });
});
