import type { Json, NewRunEvent, Problem, RunEvent, RunRequested } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { decideFinish } from './decide-finish.ts';
import { decideStep, type StepOutcome } from './decide-step.ts';
import { nextMove, type Move } from './next-move.ts';
import { compileWorkflow, type Plan } from './plan.ts';
import { evolve, initialState, type RunState } from './run-state.ts';
import { scopeOf } from './scope-of.ts';

const at = '2026-11-20T10:00:00.000Z';
const now = new Date(at);
const request: RunRequested = {
  workflow: 'w',
  workflowVersion: 1,
  parameters: { a: 1 },
  cause: { kind: 'api' },
  chainId: 'chain',
  iteration: 1,
  depth: 0,
};
const problem: Problem = { type: 'x', title: 'x', status: 502, code: 'http.failed' };

const document = (...steps: { [action: string]: Json }[]): WorkflowDocument => ({
  workflow: 'w',
  do: steps.map((body, index) => ({ [`s${index + 1}`]: body })),
});
const planOf = (...steps: { [action: string]: Json }[]): Plan => compileWorkflow(document(...steps));

const requested = (data: Partial<RunRequested> = {}): NewRunEvent => ({
  type: 'RunRequested',
  data: { ...request, ...data },
});
const started: NewRunEvent = { type: 'RunStarted', data: {} };
const completed = (step: string, result?: unknown): NewRunEvent => ({
  type: 'StepCompleted',
  data: { step, attempt: 1, result },
});
const timerFired: NewRunEvent = { type: 'TimerFired', data: { dueAt: at, lateMs: 1 } };
const pausedRun: NewRunEvent = { type: 'RunPaused', data: { reason: 'stop it' } };
const resumed: NewRunEvent = { type: 'RunResumed', data: {} };

const recorded = (events: readonly NewRunEvent[]): RunEvent[] =>
  events.map((event, index) => ({ ...event, runId: 'run', version: index + 1, at }));
const after = (...events: NewRunEvent[]): RunState => recorded(events).reduce(evolve, initialState);

/** A move without the compiled step. */
const outline = (move: Move): unknown => ('step' in move ? { ...move, step: move.step.name } : move);

const two = planOf({ set: 1 }, { set: 2 });
const record = (...events: NewRunEvent[]): Move => ({ kind: 'record', events });
const step = (name: string, attempt = 1, isStartRecorded = false): unknown => ({
  kind: 'step',
  step: name,
  attempt,
  isConditionMet: isStartRecorded || attempt > 1,
  isStartRecorded,
});

describe('the next move', () => {
  const waits = planOf({ wait: 'PT1S' }, { call: { workflow: 'v' } });
  const waitStarted: NewRunEvent = { type: 'WaitStarted', data: { step: 's1', until: at } };
  const retried: NewRunEvent = { type: 'StepRetried', data: { step: 's1', attempt: 1, problem, retryAt: at } };
  const called: NewRunEvent = { type: 'WaitStarted', data: { step: 's2', calledRunId: 'child' } };

  it.each<[string, Plan, NewRunEvent[], unknown]>([
    ['nothing', two, [], { kind: 'rest' }],
    ['a request', two, [requested()], record(started)],
    ['a request for later', two, [requested({ dueAt: at })], { kind: 'rest' }],
    ['its time', two, [requested({ dueAt: at }), timerFired], record(started)],
    ['the start', two, [requested(), started], step('s1')],
    [
      'the start of an attempt',
      two,
      [requested(), started, { type: 'StepStarted', data: { step: 's1', attempt: 1 } }],
      step('s1', 1, true),
    ],
    ['a step', two, [requested(), started, completed('s1', 1)], step('s2')],
    [
      'a skipped step',
      two,
      [requested(), started, { type: 'StepSkipped', data: { step: 's1', reason: 'x' } }],
      step('s2'),
    ],
    ['the last step', two, [requested(), started, completed('s1', 1), completed('s2', 2)], { kind: 'finish' }],
    ['a wait', waits, [requested(), started, waitStarted], { kind: 'rest' }],
    [
      'the end of a wait',
      waits,
      [requested(), started, waitStarted, timerFired],
      record({ type: 'StepCompleted', data: { step: 's1', attempt: 1 } }),
    ],
    ['a retry', two, [requested(), started, retried], { kind: 'rest' }],
    ['the time of a retry', two, [requested(), started, retried, timerFired], step('s1', 2)],
    [
      'a call',
      waits,
      [requested(), started, completed('s1'), called],
      { kind: 'collect', step: 's2', calledRunId: 'child' },
    ],
    ['a second timer', two, [requested(), started, timerFired], step('s1')],
    ['a pause', two, [requested(), started, pausedRun], { kind: 'rest' }],
    ['a resumption', two, [requested(), started, pausedRun, resumed], step('s1')],
    ['a timer during a pause', waits, [requested(), started, waitStarted, pausedRun, timerFired], { kind: 'rest' }],
    [
      'resuming after that',
      waits,
      [requested(), started, waitStarted, pausedRun, timerFired, resumed],
      record({ type: 'StepCompleted', data: { step: 's1', attempt: 1 } }),
    ],
    ['resuming before that', waits, [requested(), started, waitStarted, pausedRun, resumed], { kind: 'rest' }],
    ['cancelling', two, [requested(), started, { type: 'RunCancelled', data: {} }], { kind: 'rest' }],
    [
      'cancelling during a pause',
      two,
      [requested(), started, pausedRun, { type: 'RunCancelled', data: {} }, resumed],
      { kind: 'rest' },
    ],
    ['success', two, [requested(), started, { type: 'RunSucceeded', data: {} }], { kind: 'rest' }],
    ['failure', two, [requested(), started, { type: 'RunFailed', data: { problem } }], { kind: 'rest' }],
    [
      'an event of tomorrow',
      two,
      [requested(), started, { type: 'MoonRose', data: {} } as unknown as NewRunEvent],
      step('s1'),
    ],
  ])('after %s', (_, plan, events, move) => {
    expect(outline(nextMove(plan, after(...events)))).toEqual(move);
  });

  it('is the same however often it is asked', () => {
    const state = after(requested(), started);
    expect(nextMove(two, state)).toEqual(nextMove(two, state));
  });
});

describe('what is recorded of a step', () => {
  const retrying = planOf({ http: { url: 'https://a.b' }, retry: { delay: { seconds: 10 }, limit: { attempts: 2 } } });
  const failed: StepOutcome = { kind: 'failed', problem, canRetry: true };
  const placed = { ...problem, instance: '/do/0/s1' };
  const decide = (plan: Plan, outcome: StepOutcome, ...events: NewRunEvent[]): NewRunEvent[] =>
    decideStep(plan, after(requested(), started, ...events), plan.steps[0]!, outcome, { now });
  const failure: NewRunEvent[] = [
    { type: 'StepFailed', data: { step: 's1', attempt: 1, problem: placed } },
    { type: 'RunFailed', data: { problem: placed } },
  ];

  it.each<[string, NewRunEvent[], NewRunEvent[]]>([
    [
      'a completion',
      decide(two, { kind: 'completed', result: 7 }),
      [{ type: 'StepCompleted', data: { step: 's1', attempt: 1, result: 7 } }],
    ],
    [
      'a completion without a result',
      decide(two, { kind: 'completed' }),
      [{ type: 'StepCompleted', data: { step: 's1', attempt: 1 } }],
    ],
    [
      'a skip',
      decide(two, { kind: 'skipped', reason: 'x' }),
      [{ type: 'StepSkipped', data: { step: 's1', reason: 'x' } }],
    ],
    ['a wait', decide(two, { kind: 'waiting', until: at }), [{ type: 'WaitStarted', data: { step: 's1', until: at } }]],
    [
      'a call',
      decide(two, { kind: 'calling', calledRunId: 'c' }),
      [{ type: 'WaitStarted', data: { step: 's1', calledRunId: 'c' } }],
    ],
    ['a failure without retry', decide(two, failed), failure],
    ['a failure that stays', decide(retrying, { ...failed, canRetry: false }), failure],
    [
      'a failure that may pass',
      decide(retrying, failed),
      [{ type: 'StepRetried', data: { step: 's1', attempt: 1, problem: placed, retryAt: '2026-11-20T10:00:10.000Z' } }],
    ],
    [
      'a failure that says when',
      decide(retrying, { ...failed, retryAfterMs: 60_000 }),
      [{ type: 'StepRetried', data: { step: 's1', attempt: 1, problem: placed, retryAt: '2026-11-20T10:01:00.000Z' } }],
    ],
    [
      'the last attempt',
      decide(
        retrying,
        failed,
        { type: 'StepRetried', data: { step: 's1', attempt: 1, problem, retryAt: at } },
        timerFired,
      ),
      failure.map((event) => (event.type === 'StepFailed' ? { ...event, data: { ...event.data, attempt: 2 } } : event)),
    ],
    ['a step that is decided', decide(two, { kind: 'completed' }, completed('s1')), []],
    ['a step of a paused run', decide(two, { kind: 'completed' }, pausedRun), []],
    ['a step of a cancelled run', decide(two, { kind: 'completed' }, { type: 'RunCancelled', data: {} }), []],
  ])('%s', (_, events, expected) => {
    expect(events).toEqual(expected);
  });

  it('a called run ends', () => {
    const plan = planOf({ call: { workflow: 'v' } });
    const state = after(requested(), started, { type: 'WaitStarted', data: { step: 's1', calledRunId: 'c' } });
    expect(decideStep(plan, state, plan.steps[0]!, { kind: 'completed', result: 1 }, { now })).toEqual([
      completed('s1', 1),
    ]);
  });
});

describe('the end', () => {
  const running = after(requested(), started);
  it('succeeds with what the workflow returns', () => {
    expect(decideFinish(running, { result: 1 })).toEqual([{ type: 'RunSucceeded', data: { result: 1 } }]);
    expect(decideFinish(running, {})).toEqual([{ type: 'RunSucceeded', data: {} }]);
  });
  it('fails if that cannot be evaluated', () => {
    expect(decideFinish(running, { problem })).toEqual([
      { type: 'RunFailed', data: { problem: { ...problem, instance: '/return' } } },
    ]);
  });
  it('is decided once', () => {
    expect(decideFinish(after(requested(), started, { type: 'RunSucceeded', data: {} }), { result: 1 })).toEqual([]);
  });
});

describe('the state', () => {
  it('keeps what a pause interrupts', () => {
    expect(after(requested(), started, pausedRun)).toMatchObject({
      status: 'paused',
      reason: 'stop it',
      version: 3,
      held: { status: 'running' },
    });
    expect(after(requested(), started, pausedRun, resumed)).toEqual({ ...after(requested(), started), version: 4 });
  });

  it('shares results between states', () => {
    const result = { large: true };
    const state = after(requested(), started, completed('s1', result));
    expect(scopeOf(state)['s1']).toBe(result);
  });

  it('takes any history without complaint, and an end stays the end', () => {
    const anyEvent: fc.Arbitrary<NewRunEvent> = fc.oneof(
      fc.constantFrom(requested(), requested({ dueAt: at }), started, timerFired, pausedRun, resumed),
      fc.constantFrom<NewRunEvent>(
        { type: 'StepStarted', data: { step: 's1', attempt: 1 } },
        completed('s1', 1),
        { type: 'StepSkipped', data: { step: 's2', reason: '' } },
        { type: 'StepRetried', data: { step: 's1', attempt: 1, problem, retryAt: at } },
        { type: 'StepFailed', data: { step: 's1', attempt: 1, problem } },
        { type: 'WaitStarted', data: { step: 's1', until: at } },
        { type: 'WaitStarted', data: { step: 's1', calledRunId: 'c' } },
        { type: 'RunSucceeded', data: {} },
        { type: 'RunFailed', data: { problem } },
        { type: 'RunCancelled', data: {} },
      ),
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        const states = recorded([requested(), ...events]).reduce<RunState[]>(
          (all, event) => [...all, evolve(all.at(-1)!, event)],
          [initialState],
        );
        const ends = states
          .filter(({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status))
          .map(({ status }) => status);
        expect(new Set(ends).size).toBeLessThanOrEqual(1);
        expect(states.at(-1)).toMatchObject({ version: events.length + 1, requested: request });
        nextMove(two, states.at(-1)!);
      }),
    );
  });
});

describe('what is in scope', () => {
  it('is the request, the results and the run', () => {
    const state = after(
      requested({ item: 'i', cause: { kind: 'list', listId: 'l', index: 4 }, trigger: { now: {} } }),
      started,
      completed('s1', 'one'),
    );
    expect(scopeOf(state)).toEqual({
      s1: 'one',
      parameters: { a: 1 },
      trigger: { now: {} },
      item: 'i',
      index: 4,
      error: undefined,
      run: { id: 'run', startedAt: at, depth: 0, iteration: 1, chain: 'chain' },
      currentUser: null,
    });
  });
});

describe('the barrier marks of a step', () => {
  it.each<[string, { [action: string]: Json }, boolean, boolean]>([
    ['a pure value', { set: '=parameters.a' }, false, false],
    ['a pure condition', { set: 1, if: 'parameters.a' }, false, false],
    ['a value by the clock', { set: { at: '=$now()' } }, true, false],
    ['a condition by chance', { set: 1, if: '$random() > 0.5' }, true, true],
    ['data', { get: { type: 'user', id: 'x' } }, true, false],
    ['http', { http: { url: 'https://a.b' } }, true, true],
    ['a wait', { wait: 'PT1S' }, true, false],
  ])('%s', (_, body, isRecorded, announcesStart) => {
    expect(planOf(body).steps[0]).toMatchObject({ isRecorded, announcesStart, pointer: '/do/0/s1' });
  });
});
