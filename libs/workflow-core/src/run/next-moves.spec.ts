import type { NewRunEvent, RunEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { decideStep, type StepOutcome } from './decide-step.ts';
import { nextMoves, type Move } from './next-moves.ts';
import type { Plan } from './plan.ts';
import type { RunState } from './run-state.ts';
import {
  appended,
  failing,
  failingForGood,
  fold,
  planOf,
  problemOf,
  requested,
  startAt,
} from './virtual-run.fixture.ts';

const at = startAt;
const now = new Date(at);
const started: NewRunEvent = { type: 'RunStarted', data: {} };
const completed = (step: string, result?: unknown): NewRunEvent => ({
  type: 'StepCompleted',
  data: { step, attempt: 1, result },
});
const timerFired: NewRunEvent & { type: 'TimerFired' } = {
  type: 'TimerFired',
  data: { dueAt: '2026-11-20T10:00:01.000Z', lateMs: 1 },
};
const paused: NewRunEvent = { type: 'RunPaused', data: { reason: 'stop it' } };
const resumed: NewRunEvent = { type: 'RunResumed', data: {} };
const problem = problemOf('http.failed', 502);

const after = (plan: Plan, ...events: NewRunEvent[]): RunState => fold(plan, appended([], events));
const outlined = (moves: readonly Move[]): unknown[] =>
  moves.map((move) => ('step' in move ? { ...move, step: move.step.name } : move));

const record = (...events: NewRunEvent[]) => [{ kind: 'record', events }];
const step = (name: string, attempt = 1, isBegun = false) => [
  { kind: 'step', step: name, attempt, isConditionMet: isBegun, isStartRecorded: isBegun },
];

const two = planOf('- s1: { set: 1 }\n- s2: { set: 2 }');
const waits = planOf(
  '- s1: { wait: PT1S }\n- s2: { call: { workflow: child } }\n- s3: { waitFor: { event: a.b, key: k } }',
);

describe('the next moves', () => {
  const until = '2026-11-20T10:00:01.000Z';
  const waitStarted: NewRunEvent = { type: 'WaitStarted', data: { step: 's1', until } };
  const retried: NewRunEvent = { type: 'StepRetried', data: { step: 's1', attempt: 1, problem, retryAt: until } };
  const awaiting: NewRunEvent = { type: 'WaitStarted', data: { step: 's3', event: { type: 'a.b', key: 'k' } } };

  it.each<[string, Plan, NewRunEvent[], unknown[]]>([
    ['nothing', two, [], []],
    ['a request', two, [requested()], record(started)],
    ['a request for later', two, [requested({ dueAt: timerFired.data.dueAt })], []],
    ['its time', two, [requested({ dueAt: timerFired.data.dueAt }), timerFired], record(started)],
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
    ['the last step', two, [requested(), started, completed('s1', 1), completed('s2', 2)], [{ kind: 'finish' }]],
    ['a wait', waits, [requested(), started, waitStarted], []],
    [
      'the end of a wait',
      waits,
      [requested(), started, waitStarted, timerFired],
      record({ type: 'StepCompleted', data: { step: 's1', attempt: 1 } }),
    ],
    ['a retry', two, [requested(), started, retried], []],
    ['the time of a retry', two, [requested(), started, retried, timerFired], step('s1', 2)],
    [
      'a call',
      waits,
      [requested(), started, completed('s1'), { type: 'WaitStarted', data: { step: 's2', calledRunId: 'c' } }],
      [{ kind: 'collect', step: 's2', awaited: { kind: 'run', calledRunId: 'c' } }],
    ],
    ['a wait for an event', waits, [requested(), started, completed('s1'), completed('s2'), awaiting], []],
    [
      'the event',
      waits,
      [
        requested(),
        started,
        completed('s1'),
        completed('s2'),
        awaiting,
        { type: 'EventReceived', data: { step: 's3', event: 5 } },
      ],
      record(completed('s3', 5)),
    ],
    [
      'an event that nothing waits for',
      waits,
      [requested(), started, { type: 'EventReceived', data: { step: 's3', event: 5 } }],
      step('s1'),
    ],
    ['a second timer', two, [requested(), started, timerFired], step('s1')],
    ['a pause', two, [requested(), started, paused], []],
    ['a resumption', two, [requested(), started, paused, resumed], step('s1')],
    ['a pause before its start', two, [requested(), paused, resumed], record(started)],
    ['a resumption before its time', two, [requested({ dueAt: '2026-11-21T10:00:00.000Z' }), paused, resumed], []],
    ['a resumption after its time', two, [requested({ dueAt: at }), paused, resumed], record(started)],
    ['a timer during a pause', waits, [requested(), started, waitStarted, paused, timerFired], []],
    [
      'resuming after that',
      waits,
      [requested(), started, waitStarted, paused, timerFired, resumed],
      record({ type: 'StepCompleted', data: { step: 's1', attempt: 1 } }),
    ],
    ['cancelling', two, [requested(), started, { type: 'RunCancelled', data: {} }], []],
    ['cancelling during a pause', two, [requested(), started, paused, { type: 'RunCancelled', data: {} }, resumed], []],
    ['success', two, [requested(), started, { type: 'RunSucceeded', data: {} }], []],
    ['failure', two, [requested(), started, { type: 'RunFailed', data: { problem } }], []],
    [
      'an event of tomorrow',
      two,
      [requested(), started, { type: 'MoonRose', data: {} } as unknown as NewRunEvent],
      step('s1'),
    ],
    ['a step of another version', two, [requested(), started, completed('gone', 1)], step('s1')],
  ])('after %s', (_, plan, events, moves) => {
    expect(outlined(nextMoves(plan, after(plan, ...events), now))).toEqual(moves);
  });

  it('come when their time has, by the clock or by a timer', () => {
    const state = after(waits, requested(), started, waitStarted);
    expect(nextMoves(waits, state, new Date(until))).toHaveLength(1);
    expect(nextMoves(waits, state, new Date(Date.parse(until) - 1))).toEqual([]);
  });
});

describe('what is recorded of a step', () => {
  const retrying = planOf(
    "- s1: { http: { url: 'https://a.b' }, retry: { delay: { seconds: 10 }, limit: { attempts: 2 } } }",
  );
  const failed = failing('http.failed', 502) as StepOutcome & { kind: 'failed' };
  const placed = { ...problem, instance: '/do/0/s1', step: 's1' };
  const decide = (plan: Plan, outcome: StepOutcome, ...events: NewRunEvent[]): NewRunEvent[] =>
    decideStep(after(plan, requested(), started, ...events), plan.steps.get('s1')!, outcome, { now });
  const failure = (attempt = 1): NewRunEvent[] => [
    { type: 'StepFailed', data: { step: 's1', attempt, problem: placed } },
  ];
  const again = (retryAt: string): NewRunEvent[] => [
    { type: 'StepRetried', data: { step: 's1', attempt: 1, problem: placed, retryAt } },
  ];

  it.each<[string, NewRunEvent[], NewRunEvent[]]>([
    ['a completion', decide(two, { kind: 'completed', result: 7 }), [completed('s1', 7)]],
    ['a completion without a result', decide(two, { kind: 'completed' }), [completed('s1')]],
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
    [
      'a wait for an event',
      decide(two, { kind: 'awaiting', event: { type: 'a.b', key: 'k' } }),
      [{ type: 'WaitStarted', data: { step: 's1', event: { type: 'a.b', key: 'k' } } }],
    ],
    [
      'a wait for a lock',
      decide(two, { kind: 'locked', lock: 'l', until: at }),
      [{ type: 'WaitStarted', data: { step: 's1', lock: 'l', until: at } }],
    ],
    [
      'a stop',
      decide(two, { kind: 'stopped', result: 5 }),
      [completed('s1'), { type: 'RunSucceeded', data: { result: 5 } }],
    ],
    ['a failure without retry', decide(two, failed), failure()],
    ['a failure that stays', decide(retrying, failingForGood('http.failed', 502) as StepOutcome), failure()],
    ['a failure that may pass', decide(retrying, failed), again('2026-11-20T10:00:10.000Z')],
    [
      'a failure that says when',
      decide(retrying, { ...failed, retryAfterMs: 60_000 }),
      again('2026-11-20T10:01:00.000Z'),
    ],
    ['a failure that says sooner', decide(retrying, { ...failed, retryAfterMs: 1 }), again('2026-11-20T10:00:10.000Z')],
    ['the last attempt', decide(retrying, failed, again(at)[0]!, timerFired), failure(2)],
    ['a step that is decided', decide(two, { kind: 'completed' }, completed('s1')), []],
    ['a step of a paused run, which had begun', decide(two, { kind: 'completed' }, paused), [completed('s1')]],
    ['a step of a cancelled run', decide(two, { kind: 'completed' }, { type: 'RunCancelled', data: {} }), []],
  ])('%s', (_, events, expected) => {
    expect(events).toEqual(expected);
  });
});

it('a stop ends the run wherever it stands', () => {
  const plan = planOf('- l: { for: { in: [1, 2], do: [{ s: { stop: { return: 7 } } }] } }\n- never: { set: 1 }');
  const history: RunEvent[] = appended(
    [],
    [
      requested(),
      started,
      { type: 'StepStarted', data: { step: 'l', attempt: 1, items: [1, 2] } },
      { type: 'IterationStarted', data: { step: 'l', index: 0 } },
    ],
  );
  const events = decideStep(fold(plan, history), plan.steps.get('s')!, { kind: 'stopped', result: 7 }, { now });
  const state = fold(plan, appended(history, events));
  expect(state).toMatchObject({ status: 'succeeded', result: 7 });
  expect(nextMoves(plan, state, now)).toEqual([]);
});

describe('the barrier marks of a step', () => {
  it.each<[string, string, boolean, boolean]>([
    ['a pure value', '{ set: =parameters.a }', false, false],
    ['a pure condition', '{ set: 1, if: parameters.a }', false, false],
    ['a value by the clock', '{ set: { at: =$now() } }', true, false],
    ['a condition by chance', '{ set: 1, if: $random() > 0.5 }', true, true],
    ['data', '{ get: { type: thing, id: x } }', true, false],
    ['http', "{ http: { url: 'https://a.b' } }", true, true],
    ['a wait', '{ wait: PT1S }', true, false],
    ['a wait with a time limit', '{ wait: PT1S, timeout: PT2S }', true, true],
    ['a block of pure steps', '{ do: [{ t: { set: 1 } }] }', false, false],
    ['a case by the clock', "{ switch: [{ a: { when: $now() > 'x', do: [{ t: { set: 1 } }] } }] }", true, false],
    ['items by chance', '{ for: { in: "=[$random()]", do: [{ t: { set: 1 } }] } }', true, false],
    ['a transaction', '{ transaction: [{ t: { set: 1 } }] }', true, false],
    ['a lock', '{ lock: { name: l, do: [{ t: { set: 1 } }] } }', true, false],
  ])('%s', (_, body, isRecorded, announcesStart) => {
    expect(planOf(`- s: ${body}`).steps.get('s')).toMatchObject({ isRecorded, announcesStart, pointer: '/do/0/s' });
  });
});
