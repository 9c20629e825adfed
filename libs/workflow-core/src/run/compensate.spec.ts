import { describe, expect, it } from 'vitest';
import { deeds, failing, failingForGood, giving, outline, planOf, resultsOf, walk } from './virtual-run.fixture.ts';

const http = "http: { url: 'https://a.b' }";

describe('what a failed run undoes', () => {
  const plan = planOf(`
- a: { set: 1, compensate: [{ undoA: { set: { a: =a, why: =error.code } } }] }
- skipped: { if: 1 = 2, set: 1, compensate: [{ undoSkipped: { set: 1 } }] }
- b: { set: 2, compensate: [{ undoB: { set: =a + b } }, { more: { set: =undoB } }] }
- c: { ${http}, compensate: [{ undoC: { set: 1 } }] }`);

  it('is what was completed, the last first, each with what it saw', async () => {
    const { events, state } = await walk(plan, { answers: { c: failingForGood() } });
    expect(deeds(events)).toEqual([
      'StepCompleted a',
      'StepSkipped skipped',
      'StepCompleted b',
      'StepFailed c http.status',
      'StepCompleted undoB@undo',
      'StepCompleted more@undo',
      'StepCompensated b',
      'StepCompleted undoA@undo',
      'StepCompensated a',
      'RunFailed http.status',
    ]);
    expect(resultsOf(events, 'more')).toEqual([3]);
    expect(resultsOf(events, 'undoA')).toEqual([{ a: 1, why: 'http.status' }]);
    expect(state.results).toEqual({ a: 1, b: 2 });
  });

  it('is nothing if the run succeeds', async () => {
    const { events } = await walk(plan);
    expect(deeds(events).filter((line) => line.includes('ndo'))).toEqual([]);
  });

  it('goes on when an undoing fails; the run fails with what failed first', async () => {
    const failsTwice = planOf(`
- a: { set: 1, compensate: [{ undoA: { set: =1 } }] }
- b: { set: 2, compensate: [{ undoB: { ${http}, retry: { delay: PT1S, limit: { attempts: 2 } } } }, { never: { set: 1 } }] }
- c: { ${http} }`);
    const { events } = await walk(failsTwice, { answers: { c: failingForGood(), undoB: failing('smtp.refused') } });
    expect(deeds(events).slice(3)).toEqual([
      'StepRetried undoB@undo smtp.refused',
      'CompensationFailed b smtp.refused',
      'StepCompleted undoA@undo',
      'StepCompensated a',
      'RunFailed http.status',
    ]);
  });

  it('may wait, branch and catch while it is undone', async () => {
    const plan2 = planOf(`
- a:
    set: 1
    compensate:
      - pause: { wait: PT1H }
      - t: { try: [{ f: { ${http} } }], catch: { do: [{ note: { set: =error.code } }] } }
- c: { ${http} }`);
    const { events } = await walk(plan2, { answers: { c: failingForGood(), f: failingForGood('smtp.refused') } });
    expect(deeds(events).slice(2)).toEqual([
      'WaitStarted pause@undo',
      'StepCompleted pause@undo',
      'StepFailed f@undo t',
      'StepCompleted note@undo',
      'StepCompleted t@undo',
      'StepCompensated a',
      'RunFailed http.status',
    ]);
    expect(resultsOf(events, 'note')).toEqual(['smtp.refused']);
  });
});

describe('what a catch undoes before it goes on', () => {
  it('is what was completed inside of it; the rest is undone if the run fails later', async () => {
    const plan = planOf(`
- before: { set: 0, compensate: [{ undoBefore: { set: 1 } }] }
- t:
    try:
      - a: { set: 1, compensate: [{ undoA: { set: =a }}] }
      - c: { ${http} }
    catch: { do: [{ instead: { set: 5, compensate: [{ undoInstead: { set: 1 } }] } }] }
- d: { ${http} }`);
    const { events } = await walk(plan, { answers: { c: failingForGood(), d: failingForGood('data.gone') } });
    expect(deeds(events)).toEqual([
      'StepCompleted before',
      'StepCompleted a',
      'StepFailed c t',
      'StepCompleted undoA@undo',
      'StepCompensated a',
      'StepCompleted instead',
      'StepCompleted t',
      'StepFailed d data.gone',
      'StepCompleted undoInstead@undo',
      'StepCompensated instead',
      'StepCompleted undoBefore@undo',
      'StepCompensated before',
      'RunFailed data.gone',
    ]);
  });

  it('is not what an earlier round of a loop around it did', async () => {
    const plan = planOf(`
- l:
    for:
      in: [a, b]
      do:
        - t:
            try: [{ s: { set: =item, compensate: [{ undoS: { set: =s & index }}] } }, { c: { ${http} } }]
            catch: {}
- d: { ${http} }`);
    const { events } = await walk(plan, { answers: { 'c@1': failingForGood(), d: failingForGood() } });
    expect(deeds(events).filter((line) => /undoS|Compensated|Failed/.test(line))).toEqual([
      'StepFailed c@1 t',
      'StepCompleted undoS@1.undo',
      'StepCompensated s@1',
      'StepFailed d http.status',
      'StepCompleted undoS@0.undo',
      'StepCompensated s@0',
      'RunFailed http.status',
    ]);
    expect(resultsOf(events, 'undoS')).toEqual(['b1', 'a0']);
  });

  it('is not lost if a failure further out comes in between', async () => {
    const plan = planOf(`
- f:
    fork:
      branches:
        one:
          - t:
              try:
                - a: { set: 1, compensate: [{ undoA: { wait: PT1H } }] }
                - c: { ${http} }
              catch: {}
        two: [{ late: { wait: PT10S } }, { d: { ${http} } }]`);
    const { events } = await walk(plan, { answers: { c: failingForGood(), d: failingForGood('data.gone') } });
    expect(deeds(events)).toEqual([
      'StepCompleted a',
      'StepFailed c t',
      'WaitStarted undoA@undo',
      'WaitStarted late',
      'StepCompleted late',
      'StepFailed d data.gone',
      'WaitStarted undoA@undo',
      'StepCompleted undoA@undo',
      'StepCompensated a',
      'RunFailed data.gone',
    ]);
  });
});

it('each round of a loop is undone with its own values, the last first', async () => {
  const plan = planOf(`
- l:
    for:
      in: [a, b, c]
      do:
        - s: { set: =item & index, compensate: [{ undoS: { set: { s: =s, item: =item, index: =index, previous: =previous } } }] }
- d: { ${http} }`);
  const { events } = await walk(plan, { answers: { d: failingForGood() } });
  expect(deeds(events).filter((line) => line.startsWith('StepCompensated'))).toEqual([
    'StepCompensated s@2',
    'StepCompensated s@1',
    'StepCompensated s@0',
  ]);
  expect(resultsOf(events, 'undoS')).toEqual([
    { s: 'c2', item: 'c', index: 2, previous: 'b1' },
    { s: 'b1', item: 'b', index: 1, previous: 'a0' },
    { s: 'a0', item: 'a', index: 0 },
  ]);
});

it('a failed loop undoes its rounds while it stands in the middle of one', async () => {
  const plan = planOf(`
- l: { for: { in: [a, b], do: [{ s: { set: =item, compensate: [{ undoS: { set: =s } }] } }, { c: { ${http} } }] } }`);
  const { events } = await walk(plan, { answers: { 'c@1': failingForGood() } });
  expect(deeds(events).filter((line) => line.startsWith('StepCompensated'))).toEqual([
    'StepCompensated s@1',
    'StepCompensated s@0',
  ]);
});

it('a step whose catch took its failure was not done, and is not undone', async () => {
  const plan = planOf(`
- a: { ${http}, catch: { do: [{ instead: { set: 1 } }] }, compensate: [{ undoA: { set: 1 } }] }
- c: { ${http} }`);
  const { events } = await walk(plan, { answers: { a: failingForGood(), c: failingForGood() } });
  expect(outline(events).filter((line) => line.includes('ndo') || line.includes('Compensated'))).toEqual([]);
});

it('a block is undone before it is tried again, and waits for both', async () => {
  const plan = planOf(`
- b:
    do:
      - a: { set: 1, compensate: [{ undoA: { set: =error.code } }] }
      - c: { ${http} }
    retry: { delay: PT5S, limit: { attempts: 2 } }`);
  const { events } = await walk(plan, { answers: { c: failing(), 'c@r2': giving(1) } });
  expect(outline(events).slice(3)).toEqual([
    'StepCompleted a',
    'StepStarted c',
    'StepRetried b http.status',
    'StepCompleted undoA@undo',
    'StepCompensated a',
    'TimerFired',
    'StepStarted b#2',
    'StepCompleted a@r2',
    'StepStarted c@r2',
    'StepCompleted c@r2',
    'StepCompleted b#2',
    'RunSucceeded',
  ]);
  expect(resultsOf(events, 'undoA')).toEqual(['http.status']);
});
