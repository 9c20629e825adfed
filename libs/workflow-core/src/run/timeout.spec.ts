import { describe, expect, it } from 'vitest';
import { nextWake } from './next-wake.ts';
import { appended, deeds, failing, failingForGood, giving, planOf, secondsOf, walk } from './virtual-run.fixture.ts';

const http = "http: { url: 'https://a.b' }";
const slow = { ...giving(1), tookMs: 60_000 };

describe('the timeout of a step', () => {
  it.each<[string, string, Parameters<typeof walk>[1], number]>([
    ['ends it while it waits', '- s: { wait: PT60S, timeout: PT10S }', {}, 10],
    ['ends it while it waits for an event', '- s: { waitFor: { event: a.b, key: k }, timeout: PT10S }', {}, 10],
    ['ends it while it runs', `- s: { ${http}, timeout: PT10S }`, { answers: { s: slow } }, 10],
    [
      'counts the wait for a lock',
      '- s: { lock: { name: l, do: [{ t: { set: 1 } }] }, timeout: PT10S }',
      { answers: { s: { kind: 'locked', lock: 'l', until: '2026-11-21T10:00:00.000Z' } } },
      10,
    ],
    ['is that of a block as well', '- s: { do: [{ t: { wait: PT60S } }], timeout: PT10S }', {}, 10],
  ])('%s', async (_, steps, world, seconds) => {
    const { events } = await walk(planOf(steps), world);
    expect(deeds(events).slice(-2)).toEqual(['StepFailed s step.timeout', 'RunFailed step.timeout']);
    expect(secondsOf(events)).toBe(seconds);
  });

  it('a block around ends what runs inside of it', async () => {
    const { events } = await walk(planOf(`- b: { do: [{ s: { ${http} } }], timeout: PT10S }`), {
      answers: { s: slow },
    });
    expect(deeds(events)).toEqual(['StepFailed b step.timeout', 'RunFailed step.timeout']);
    expect(secondsOf(events)).toBe(10);
  });

  it('is that of one attempt', async () => {
    const plan = planOf(`- s: { ${http}, timeout: PT10S, retry: { delay: PT20S, limit: { attempts: 2 } } }`);
    const { events } = await walk(plan, { answers: { 's#1': slow } });
    expect(deeds(events)).toEqual(['StepRetried s step.timeout', 'StepCompleted s#2', 'RunSucceeded']);
    expect(secondsOf(events)).toBe(30);
  });

  it('can be caught, and does not hold for what the catch does', async () => {
    const plan = planOf(`
- s: { wait: PT60S, timeout: PT10S, catch: { errors: { type: step.timeout }, do: [{ rest: { wait: PT100S } }] } }`);
    const { events } = await walk(plan);
    expect(deeds(events).at(-1)).toBe('RunSucceeded');
    expect(secondsOf(events)).toBe(110);
  });

  it.each([
    ['PT10S', 'StepFailed s step.timeout'],
    ['PT20S', 'StepCompleted t'],
  ])('%s counts the wait for a lock and what is done under it together', async (timeout, then) => {
    const plan = planOf(`- s: { lock: { name: l, do: [{ t: { wait: PT8S } }] }, timeout: ${timeout} }`);
    const { events } = await walk(plan, {
      answers: { s: { kind: 'locked', lock: 'l', until: '2026-11-20T10:00:05.000Z' } },
    });
    expect(deeds(events).slice(0, 3)).toEqual(['WaitStarted s', 'WaitStarted t', then]);
  });

  it('does not undo that an event has come, if nobody looked in time', async () => {
    const plan = planOf('- s: { waitFor: { event: a.b, key: k }, timeout: PT10S }');
    const { events } = await walk(plan, { events: { s: { data: 7 } } });
    const received = events.findIndex(({ type }) => type === 'EventReceived') + 1;
    const tooLate = appended(
      events.slice(0, received),
      [
        { type: 'RunPaused', data: {} },
        { type: 'RunResumed', data: {} },
      ],
      '2026-11-20T11:00:00.000Z',
    );
    expect(deeds((await walk(plan, {}, tooLate)).events).at(-1)).toBe('RunSucceeded');
  });
});

describe('the timeout of a workflow', () => {
  const steps = `
do:
  - a: { ${http}, compensate: [{ undoA: { wait: PT1H } }] }
  - t: { try: [{ s: { ${http} } }, { w: { wait: PT60S } }], catch: { do: [{ never: { set: 1 } }] } }`;
  const plan = planOf(`timeout: PT30S\n${steps}`);

  it.each<[string, Parameters<typeof walk>[1]]>([
    ['while it runs', { answers: { s: slow } }],
    ['while it waits', {}],
  ])('ends it %s, and nothing catches that, but what was done is undone', async (_, world) => {
    const { events } = await walk(plan, world);
    expect(deeds(events).slice(-5)).toEqual([
      'StepFailed t run.timeout',
      'WaitStarted undoA@undo',
      'StepCompleted undoA@undo',
      'StepCompensated a',
      'RunFailed run.timeout',
    ]);
    expect(secondsOf(events)).toBe(30 + 3600);
  });

  it('does not count once all steps are done', async () => {
    const { events } = await walk(planOf(`timeout: PT30S\ndo: [{ a: { ${http} } }]\nreturn: =a`), {
      answers: { a: { ...giving(1), tookMs: 29_999 } },
    });
    expect(deeds(events).at(-1)).toBe('RunSucceeded');
  });
});

it('a run that is undone is not woken for what it waited for before', async () => {
  const plan = planOf(`
- a: { set: 1, compensate: [{ undoA: { wait: PT1H } }] }
- f:
    fork:
      branches:
        one: [{ w: { wait: PT5M } }]
        two: [{ short: { wait: PT1S } }, { s: { ${http} } }]
    timeout: PT10M`);
  const { events } = await walk(plan, { answers: { s: failingForGood() } });
  expect(events.filter(({ type }) => type === 'TimerFired')).toHaveLength(2);
  expect(secondsOf(events)).toBe(3601);
});

it('a run that waits for a lock is woken when the holder may lose it, or when it has waited enough', async () => {
  const plan = planOf('- s: { lock: { name: l, wait: PT20S, do: [{ t: { set: 1 } }] } }');
  const { state, events } = await walk(plan, {
    answers: { s: { kind: 'locked', lock: 'l', until: '2026-11-20T10:05:00.000Z' } },
  });
  expect(deeds(events)).toEqual(['WaitStarted s', 'StepFailed s lock.timeout', 'RunFailed lock.timeout']);
  expect(secondsOf(events)).toBe(20);
  expect(nextWake(plan, state)).toBeUndefined();
});

it('a call is waited for without a timer', async () => {
  const { state, events } = await walk(planOf('- s: { call: { workflow: child } }'), {
    answers: { s: { kind: 'calling', calledRunId: 'c' } },
  });
  expect(deeds(events)).toEqual(['WaitStarted s']);
  expect(nextWake(planOf('- s: { call: { workflow: child } }'), state)).toBeUndefined();
});

it('a step that waits for its next attempt has no time limit meanwhile, a block around it has', async () => {
  const plan = planOf(`
- b: { do: [{ s: { ${http}, timeout: PT5S, retry: { delay: PT1H, limit: { attempts: 3 } } } }], timeout: PT10M }`);
  const { events } = await walk(plan, { answers: { s: failing() } });
  expect(deeds(events).slice(-2)).toEqual(['StepFailed b step.timeout', 'RunFailed step.timeout']);
  expect(secondsOf(events)).toBe(600);
});
