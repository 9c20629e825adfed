import { describe, expect, it } from 'vitest';
import { nextMoves } from './next-moves.ts';
import { nextWake } from './next-wake.ts';
import { deeds, failingForGood, fold, planOf, secondsOf, startAt, walk } from './virtual-run.fixture.ts';

const plan = planOf(`
- both:
    fork:
      branches:
        slow: [{ first: { wait: PT60S } }, { second: { set: s } }]
        quick: [{ third: { wait: PT10S } }, { fourth: { set: q } }]
- end: { set: { both: =both, second: =second } }
`);

describe('the branches of a fork', () => {
  it('go on side by side, and the fork gives what each gave', async () => {
    const { events, state } = await walk(plan);
    expect(deeds(events)).toEqual([
      'WaitStarted first',
      'WaitStarted third',
      'StepCompleted third',
      'StepCompleted fourth',
      'BranchCompleted both quick',
      'StepCompleted first',
      'StepCompleted second',
      'BranchCompleted both slow',
      'StepCompleted both',
      'StepCompleted end',
      'RunSucceeded',
    ]);
    expect(state.results['end']).toEqual({ both: { slow: 's', quick: 'q' }, second: 's' });
    expect(secondsOf(events)).toBe(60);
  });

  it('are offered together', async () => {
    const offered = planOf(`
- both: { fork: { branches: { a: [{ x: { set: 1 } }], b: [{ y: { set: 2 } }] } } }`);
    const { events } = await walk(offered);
    const entered = fold(offered, events.slice(0, 3));
    expect(nextMoves(offered, entered, new Date(startAt))).toMatchObject([
      { kind: 'step', step: { name: 'x' } },
      { kind: 'step', step: { name: 'y' } },
    ]);
  });

  it('wait for the one that is due first', async () => {
    const { events } = await walk(plan);
    const waiting = events.findLastIndex(({ type }) => type === 'WaitStarted') + 1;
    expect(nextWake(plan, fold(plan, events.slice(0, waiting)))).toEqual(new Date(Date.parse(startAt) + 10_000));
  });

  it('end with the one that fails', async () => {
    const { events, state } = await walk(plan, { answers: { fourth: failingForGood() } });
    expect(deeds(events).slice(-2)).toEqual(['StepFailed fourth http.status', 'RunFailed http.status']);
    expect(state.status).toBe('failed');
  });

  it('fail together if the fork is caught', async () => {
    const caught = planOf(`
- both:
    fork: { branches: { slow: [{ first: { wait: PT60S } }], quick: [{ fails: { http: { url: 'https://a.b' } } }] } }
    catch: { do: [{ instead: { set: =error.step } }] }
- late: { wait: PT100S }`);
    const { events, state } = await walk(caught, { answers: { fails: failingForGood() } });
    expect(deeds(events)).toEqual([
      'WaitStarted first',
      'StepFailed fails both',
      'StepCompleted instead',
      'StepCompleted both',
      'WaitStarted late',
      'StepCompleted late',
      'RunSucceeded',
    ]);
    expect(state).toMatchObject({ steps: {}, positions: { '': 2 }, results: { both: 'fails' } });
    expect(secondsOf(events)).toBe(100);
  });
});

describe('branches that compete', () => {
  it('end with the first that is done, which alone is in the result', async () => {
    const race = planOf(`
- answer:
    fork:
      compete: true
      branches:
        yes: [{ approved: { waitFor: { event: order.approved, key: k } } }]
        no: [{ late: { wait: PT30S } }]
- end: { set: =answer }`);
    const expired = await walk(race);
    expect(deeds(expired.events)).toEqual([
      'WaitStarted approved',
      'WaitStarted late',
      'StepCompleted late',
      'BranchCompleted answer no',
      'StepCompleted answer',
      'StepCompleted end',
      'RunSucceeded',
    ]);
    expect(expired.state.results['end']).toEqual({ no: null });
    expect(expired.state.steps).toEqual({});

    const approved = await walk(race, { events: { approved: { data: 1 } } });
    expect(approved.state.results['end']).toEqual({ yes: { data: 1 } });
    expect(secondsOf(approved.events)).toBe(0);
  });
});

it('a branch that comes too late is not heard any more', async () => {
  const race = planOf(`
- answer: { fork: { compete: true, branches: { a: [{ x: { set: 1 } }], b: [{ y: { set: 2 } }] } } }`);
  const { events } = await walk(race);
  expect(deeds(events)).toEqual([
    'StepCompleted x',
    'BranchCompleted answer a',
    'StepCompleted answer',
    'RunSucceeded',
  ]);
});
