import type { RunEvent, RunEventType } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDocument } from '../document/check-document.ts';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { answersBy, anyWorkflow, lockedBy } from './any-workflow.fixture.ts';
import { compileWorkflow, type Plan } from './plan.ts';
import { isEnded } from './run-state.ts';
import { appended, outline, walk, type VirtualRun, type World } from './virtual-run.fixture.ts';

const terminal: readonly RunEventType[] = ['RunSucceeded', 'RunFailed', 'RunCancelled'];
const parameters: fc.Parameters<unknown> = { numRuns: 150 };

const anyRun = fc.record({ document: anyWorkflow, seed: fc.nat(), oneIn: fc.integer({ min: 5, max: 30 }) });

const worldOf = (plan: Plan, seed: number, oneIn: number): World => {
  const others = answersBy(seed, oneIn);
  const locks = lockedBy(seed);
  return {
    answers: (step, iteration, attempt) => {
      const { block, action } = plan.steps.get(step)!;
      if (block) return block.kind === 'lock' ? locks(step, iteration, attempt) : undefined;
      // Steps that compute give what they compute.
      return action!.secrets.length === 0 && plan.steps.get(step)!.isRecorded && plan.steps.get(step)!.kind !== 'wait'
        ? others(step, iteration, attempt)
        : undefined;
    },
    events: Object.fromEntries([...plan.steps.keys()].filter((step) => step.length % 2 === 0).map((step) => [step, 1])),
  };
};

const runOf = async (document: WorkflowDocument, seed: number, oneIn: number) => {
  const plan = compileWorkflow(document);
  const world = worldOf(plan, seed, oneIn);
  return { plan, world, run: await walk(plan, world) };
};

const check = (holds: (run: VirtualRun, plan: Plan, world: World, seed: number) => void | Promise<void>) =>
  fc.assert(
    fc.asyncProperty(anyRun, async ({ document, seed, oneIn }) => {
      const { plan, world, run } = await runOf(document, seed, oneIn);
      await holds(run, plan, world, seed);
    }),
    parameters as fc.Parameters<[unknown]>,
  );

const executionsOf = (events: readonly RunEvent[], ...types: RunEventType[]): string[] =>
  events
    .filter(({ type }) => types.includes(type))
    .map(({ data }) => {
      const { step, iteration } = data as { step: string; iteration?: string };
      return `${step}@${iteration}`;
    });

/** An undoing that a failure further out interrupts begins again, with the same keys: its steps may be executed twice. */
const isUndoing = (execution: string): boolean => execution.includes('undo');

const expectUnique = (executions: readonly string[]): void => expect([...new Set(executions)]).toEqual(executions);

describe('any run of any workflow', () => {
  it('is of a right document', () => {
    fc.assert(
      fc.property(anyWorkflow, (document) => {
        const types = [{ name: 'thing', fields: {} }];
        const workflows = [{ name: 'child' }];
        expect(checkDocument(document, { types, workflows })).toEqual({ ok: true, document });
      }),
    );
  });

  it(
    'ends once, with versions without gaps and nothing left open',
    () =>
      check(({ events, state }) => {
        expect(isEnded(state.status)).toBe(true);
        expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
        expect(events.filter(({ type }) => terminal.includes(type))).toEqual([events.at(-1)]);
        if (state.status !== 'succeeded') return;
        expect(state.steps).toEqual({});
        expect(Object.keys(state.positions)).toEqual(['']);
      }),
    30_000,
  );

  it(
    'goes the same way when it is taken up again after any commit',
    () =>
      check(async ({ events, boundaries }, plan, world, seed) => {
        const length = boundaries[seed % boundaries.length]!;
        const again = await walk(plan, world, events.slice(0, length));
        expect(outline(again.events)).toEqual(outline(events));
        expect(again.events).toEqual(events);
      }),
    30_000,
  );

  it(
    'goes the same way after a pause at any point',
    () =>
      check(async ({ events, boundaries }, plan, world, seed) => {
        const length = boundaries[seed % (boundaries.length - 1)]!;
        const paused = appended(events.slice(0, length), [
          { type: 'RunPaused', data: {} },
          { type: 'RunResumed', data: {} },
        ]);
        const again = await walk(plan, world, paused);
        const rest = again.events.filter(({ type }) => type !== 'RunPaused' && type !== 'RunResumed');
        expect(rest.map((event, index) => ({ ...event, version: index + 1 }))).toEqual(events);
      }),
    30_000,
  );

  it(
    'completes each execution of a step once, whatever is tried again',
    () =>
      check(async ({ events, state }, plan, world) => {
        expectUnique(executionsOf(events, 'StepCompleted', 'StepSkipped').filter((execution) => !isUndoing(execution)));
        if (state.status !== 'failed' || events.some(({ type }) => type === 'StepCompensated')) return;
        const retried = await walk(plan, world, appended(events, [{ type: 'RunRetried', data: {} }]));
        expect(isEnded(retried.state.status)).toBe(true);
        const executed = executionsOf(retried.events, 'StepCompleted', 'StepSkipped');
        expectUnique(executed.filter((execution) => !isUndoing(execution)));
      }),
    30_000,
  );

  it(
    'undoes what was done once, and all of it if it fails',
    () =>
      check(({ events, state }, plan) => {
        const undone = executionsOf(events, 'StepCompensated', 'CompensationFailed');
        const done = executionsOf(
          events.filter((event) => 'step' in event.data && plan.steps.get(event.data.step)?.compensate),
          'StepCompleted',
        );
        expectUnique(undone);
        expect(done).toEqual(expect.arrayContaining(undone));
        if (state.status === 'failed' && state.failing) expect(undone.toSorted()).toEqual(done.toSorted());
      }),
    30_000,
  );
});
