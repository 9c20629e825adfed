import type { NewRunEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { Plan } from './plan.ts';
import {
  appended,
  deeds,
  failing,
  failingForGood,
  giving,
  outline,
  planOf,
  secondsOf,
  walk,
  type World,
} from './virtual-run.fixture.ts';

const http = "http: { url: 'https://a.b' }";

/** Lets the run fail, and an hour later somebody retries it, in a world that has changed. */
const retry = async (plan: Plan, before: World, after: World = {}, parameters?: Record<string, unknown>) => {
  const failed = await walk(plan, before);
  expect(failed.state.status).toBe('failed');
  const event: NewRunEvent = { type: 'RunRetried', data: { ...(parameters && { parameters }) } };
  const at = new Date(Date.parse(failed.events.at(-1)!.at) + 3_600_000).toISOString();
  const { events, state } = await walk(plan, after, appended(failed.events, [event], at));
  return { events: events.slice(failed.events.length + 1), state };
};

const failed: World = { answers: { s: failingForGood() } };

describe('a failed run that is retried goes on at the step that failed', () => {
  it.each<[string, string, World, string[]]>([
    [
      'between others',
      `- a: { set: 1 }\n- s: { ${http} }\n- z: { set: 1 }`,
      failed,
      ['StepCompleted s#2', 'StepCompleted z'],
    ],
    [
      'in a loop',
      `- l: { for: { in: [1, 2, 3], do: [{ a: { set: 1 } }, { s: { ${http} } }] } }`,
      { answers: { 's@1': failingForGood() } },
      ['StepCompleted s@1#2', 'StepCompleted a@2', 'StepCompleted s@2', 'StepCompleted l'],
    ],
    [
      'in a fork, whose other branches go on as well',
      `- f: { fork: { branches: { a: [{ w: { wait: PT10S } }], b: [{ s: { ${http} } }, { z: { set: 1 } }] } } }`,
      failed,
      [
        'StepCompleted w',
        'BranchCompleted f a',
        'StepCompleted s#2',
        'StepCompleted z',
        'BranchCompleted f b',
        'StepCompleted f',
      ],
    ],
    [
      'in a catch',
      `- t: { try: [{ x: { raise: { type: a.b } } }], catch: { do: [{ a: { set: 1 } }, { s: { ${http} } }] } }`,
      failed,
      ['StepCompleted s#2', 'StepCompleted t'],
    ],
    [
      'in a block that was tried again',
      `- b: { do: [{ a: { set: 1 } }, { s: { ${http} } }], retry: { delay: PT1S, limit: { attempts: 2 } } }`,
      { answers: { s: failing() } },
      ['StepCompleted s@r2#2', 'StepCompleted b#2'],
    ],
  ])('%s', async (_, steps, before, then) => {
    const { events } = await retry(planOf(steps), before);
    expect(deeds(events)).toEqual([...then, 'RunSucceeded']);
  });

  it('under its lock, which it takes again', async () => {
    const plan = planOf(`- k: { lock: { name: l, do: [{ a: { set: 1 } }, { s: { ${http} } }] } }`);
    const { events, state } = await retry(plan, failed, {
      answers: { k: { kind: 'locked', lock: 'l', until: '2026-11-20T11:00:10.000Z' } },
    });
    expect(outline(events)).toEqual([
      'WaitStarted k',
      'TimerFired',
      'StepStarted k',
      'StepStarted s#2',
      'StepCompleted s#2',
      'StepCompleted k',
      'RunSucceeded',
    ]);
    expect(state.steps).toEqual({});
  });

  it('anew, if that is a block: nothing of its earlier round is left', async () => {
    const plan = planOf('- b: { do: [{ a: { set: 1 } }, { w: { wait: PT60S } }], timeout: PT90S }');
    const once = planOf('- b: { do: [{ a: { set: 1 } }, { w: { wait: PT60S } }], timeout: PT10S }');
    const late = await walk(once);
    const again = appended(late.events, [{ type: 'RunRetried', data: {} }]);
    const { events } = await walk(plan, {}, again);
    expect(deeds(events.slice(again.length))).toEqual([
      'StepCompleted a@r2',
      'WaitStarted w@r2',
      'StepCompleted w@r2',
      'StepCompleted b#2',
      'RunSucceeded',
    ]);
    expect(secondsOf(events)).toBe(70);
  });

  it('and asks its condition, if it had not begun', async () => {
    const plan = planOf(`- s: { if: parameters.a > 'x', set: 1 }\n- z: { set: =$exists(s) }`);
    const { events, state } = await retry(plan, {}, {}, { a: 'a' });
    expect(deeds(events)).toEqual(['StepSkipped s', 'StepCompleted z', 'RunSucceeded']);
    expect(state.parameters).toEqual({ a: 'a' });
  });

  it('with all attempts before it, those of the blocks around it included', async () => {
    const policy = 'retry: { delay: PT1S, limit: { attempts: 2 } }';
    const plan = planOf(`- b: { do: [{ s: { ${http}, ${policy} } }], ${policy} }`);
    const { events } = await retry(
      plan,
      { answers: { s: failing() } },
      { answers: { s: failing(), 's@r3': giving(1) } },
    );
    expect(deeds(events)).toEqual([
      'StepRetried s@r2#3 http.status',
      'StepRetried b#2 http.status',
      'StepCompleted s@r3',
      'StepCompleted b#3',
      'RunSucceeded',
    ]);
  });

  it('and its time limits count from now', async () => {
    const plan = planOf(`
timeout: PT30S
do:
  - b: { do: [{ s: { ${http} } }, { w: { wait: PT20S } }], timeout: PT25S }`);
    const { events } = await retry(plan, failed);
    expect(deeds(events)).toEqual([
      'StepCompleted s#2',
      'WaitStarted w',
      'StepCompleted w',
      'StepCompleted b',
      'RunSucceeded',
    ]);
  });

  it('or with its return, if only that failed', async () => {
    const plan = planOf("do: [{ s: { set: 1 } }]\nreturn: =parameters.a > 'x'");
    const { events, state } = await retry(plan, {}, {}, { a: 'y' });
    expect(deeds(events)).toEqual(['RunSucceeded']);
    expect(state).toMatchObject({ status: 'succeeded', result: true });
  });
});

it('only a failed run is retried', async () => {
  const plan = planOf('- s: { set: 1 }');
  const { events, state } = await walk(plan);
  const after = await walk(plan, {}, appended(events, [{ type: 'RunRetried', data: {} }]));
  expect(after.state).toEqual({ ...state, version: state.version + 1 });
});
