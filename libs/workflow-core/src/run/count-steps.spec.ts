import type { RunEvent } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersBy, anyWorkflow } from './any-workflow.fixture.ts';
import { calledRuns, countEvent, shareDone, uncounted, type CountedRun } from './count-steps.ts';
import { compileWorkflow, type Plan } from './plan.ts';
import { appended, failingForGood, planOf, walk } from './virtual-run.fixture.ts';

const countedAfterEach = (plan: Plan, events: readonly RunEvent[]): CountedRun[] => {
  let run = uncounted;
  return events.map((event) => (run = countEvent(plan, run, event)));
};

const doneOf = ({ count: { succeeded, failed, skipped, cancelled } }: CountedRun): number =>
  succeeded + failed + skipped + cancelled;
const totalOf = (run: CountedRun): number => doneOf(run) + run.count.left;

const isUp = (values: readonly number[]): boolean => values.every((value, index) => value >= (values[index - 1] ?? 0));

describe('counting the steps of any run', () => {
  it('never falls, and ends with all of it, however it goes and however often it is taken up again', async () => {
    const anyRun = fc.record({ document: anyWorkflow, seed: fc.nat(), oneIn: fc.integer({ min: 3, max: 30 }) });
    await fc.assert(
      fc.asyncProperty(anyRun, async ({ document, seed, oneIn }) => {
        const plan = compileWorkflow(document);
        const answers = answersBy(seed, oneIn);
        const world = {
          answers: (step: string, iteration: string, attempt: number) =>
            plan.steps.get(step)!.action && plan.steps.get(step)!.kind === 'http'
              ? answers(step, iteration, attempt)
              : undefined,
        };
        let { events } = await walk(plan, world);
        if (events.at(-1)?.type === 'RunFailed')
          events = (await walk(plan, world, appended(events, [{ type: 'RunRetried', data: {} }]))).events;
        const ended = seed % 3 === 0 ? appended(events.slice(0, -1), [{ type: 'RunCancelled', data: {} }]) : events;
        const runs = countedAfterEach(plan, ended);
        expect(isUp(runs.map(doneOf))).toBe(true);
        expect(isUp(runs.map(totalOf))).toBe(true);
        for (const [index, run] of runs.entries()) {
          expect(Math.min(...Object.values(run.count))).toBeGreaterThanOrEqual(0);
          const share = shareDone(plan, run.state, new Map());
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
          if (index === runs.length - 1) expect(share).toBe(1);
        }
        expect(runs.at(-1)!.count.left).toBe(0);
        expect(totalOf(runs.at(-1)!)).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  }, 30_000);
});

describe('counting', () => {
  const countsOf = async (plan: Plan, world = {}) => countedAfterEach(plan, (await walk(plan, world)).events);

  it('takes a loop as its rounds, from when it is known how many there are', async () => {
    const plan = planOf(`
- first: { set: 1 }
- l:
    for:
      in: [a, b, c, d]
      do:
        - one: { set: =item }
        - two: { set: =item }
- end: { set: 1 }
`);
    const runs = await countsOf(plan);
    expect([...new Set(runs.map((run) => `${doneOf(run)}/${totalOf(run)}`))]).toEqual([
      '0/3',
      '1/3',
      '1/6',
      '2/6',
      '3/6',
      '4/6',
      '5/6',
      '6/6',
    ]);
    const shares = runs.map(({ state }) => shareDone(plan, state, new Map()));
    expect(isUp(shares)).toBe(true);
    expect(shares).toContain((1 + 1 / 8) / 3);
  });

  it('takes the steps of a case that was not taken, and of a block that was not entered, as skipped', async () => {
    const plan = planOf(`
- s:
    switch:
      - a: { when: 1 = 2, do: [{ a1: { set: 1 } }, { a2: { set: 1 } }] }
      - b: { do: [{ b1: { set: 1 } }] }
- d:
    if: 1 = 2
    do: [{ d1: { set: 1 } }, { d2: { set: 1 } }]
`);
    expect((await countsOf(plan)).at(-1)!.count).toEqual({
      succeeded: 1,
      failed: 0,
      skipped: 4,
      cancelled: 0,
      left: 0,
    });
  });

  it('takes what a catch does on top of what had failed', async () => {
    const plan = planOf(`
- t:
    try: [{ bad: { http: { url: 'https://a.b' } } }, { never: { set: 1 } }]
    catch: { do: [{ c1: { set: 1 } }, { c2: { set: 1 } }] }
`);
    const runs = await countsOf(plan, { answers: { bad: failingForGood() } });
    expect(runs.at(-1)!.count).toEqual({ succeeded: 2, failed: 1, skipped: 1, cancelled: 0, left: 0 });
  });

  it('takes what a failed run did not come to as cancelled, and goes on from there when it is retried', async () => {
    const plan = planOf(`
- one: { set: 1 }
- bad: { http: { url: 'https://a.b' } }
- never: { set: 1 }
`);
    const { events } = await walk(plan, { answers: { bad: failingForGood() } });
    expect(countedAfterEach(plan, events).at(-1)!.count).toMatchObject({ succeeded: 1, failed: 1, cancelled: 1 });
    const again = await walk(plan, {}, appended(events, [{ type: 'RunRetried', data: {} }]));
    expect(countedAfterEach(plan, again.events).at(-1)!.count).toMatchObject({ succeeded: 3, failed: 1, left: 0 });
  });

  it('takes the share of a called run as that of the step that waits for it', () => {
    const plan = planOf('\n- a: { set: 1 }\n- c: { call: { workflow: child } }\n');
    const events = appended(
      [],
      [
        {
          type: 'RunRequested',
          data: {
            workflow: 'w',
            workflowVersion: 1,
            parameters: {},
            cause: { kind: 'api' },
            chainId: 'run',
            iteration: 1,
            depth: 0,
          },
        },
        { type: 'RunStarted', data: {} },
        { type: 'StepCompleted', data: { step: 'a', attempt: 1 } },
        { type: 'WaitStarted', data: { step: 'c', calledRunId: 'called' } },
      ],
    );
    const { state } = countedAfterEach(plan, events).at(-1)!;
    expect(calledRuns(state)).toEqual(['called']);
    expect(shareDone(plan, state, new Map([['called', 0.5]]))).toBe(0.75);
  });
});
