import type { RunEvent } from '@nightshift/contracts';
import { evolve } from './evolve.ts';
import { branchSequence } from './place.ts';
import type { Plan, PlanSequence, PlanStep } from './plan.ts';
import { initialState, isEnded, type KnownRun, type LoopState, type RunState, type StepState } from './run-state.ts';

/** What has become of the executions of a run's steps. A loop counts in rounds, whatever is inside of it; other blocks in their steps. */
export interface StepCount {
  readonly succeeded: number;
  readonly failed: number;
  /** Their `if` was not met, another case was taken, or a `catch` or `stop` passed them over. */
  readonly skipped: number;
  /** The run ended before, or another branch was quicker. */
  readonly cancelled: number;
  /** What is still to be done, as far as it is known: the rounds of a loop are once it has begun. */
  readonly left: number;
}

/** A run folded to where it is, and what was counted on the way. */
export interface CountedRun {
  readonly state: RunState;
  readonly count: StepCount;
}

export const uncounted: CountedRun = {
  state: initialState,
  count: { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, left: 0 },
};

/**
 * Counts one more event. What is done only grows: an event makes what it leaves less to be done, and that much is done. What it adds (the
 * rounds of a loop, a block that is tried again, the steps of a `catch`, a retried run) is more to be done, and so more in total. At the end
 * of the run nothing is left.
 */
export const countEvent = (plan: Plan, { state, count }: CountedRun, event: RunEvent): CountedRun => {
  const next = evolve(plan, state, event);
  const left = leftOf(plan, next);
  const gone = Math.max(0, count.left - left + addedBy(plan, event));
  return { state: next, count: { ...settle(plan, count, event, gone), left } };
};

/** A handler's own steps come on top of what its failure takes away. */
const addedBy = (plan: Plan, event: RunEvent): number => {
  const handler = event.type === 'StepFailed' && event.data.handledBy !== undefined ? event.data.handledBy : undefined;
  const body = handler === undefined ? undefined : plan.steps.get(handler)?.catch?.body;
  return body ? wholeOf(body) : 0;
};

const settle = (plan: Plan, count: StepCount, { type, data }: RunEvent, gone: number): StepCount => {
  if (gone === 0) return count;
  switch (type) {
    case 'StepCompleted':
      // A loop whose `while` ended it before its items did.
      return plan.steps.get(data.step)?.block?.kind === 'for'
        ? { ...count, skipped: count.skipped + gone }
        : { ...count, succeeded: count.succeeded + gone };
    case 'IterationCompleted':
      return { ...count, succeeded: count.succeeded + gone };
    case 'StepFailed':
      return { ...count, failed: count.failed + 1, skipped: count.skipped + gone - 1 };
    case 'RunFailed':
      return { ...count, failed: count.failed + 1, cancelled: count.cancelled + gone - 1 };
    case 'BranchCompleted':
    case 'RunCancelled':
      return { ...count, cancelled: count.cancelled + gone };
    default:
      return { ...count, skipped: count.skipped + gone };
  }
};

const leftOf = (plan: Plan, state: RunState): number =>
  state.status === 'none' || isEnded(state.status) ? 0 : leftIn(state as KnownRun, plan.root);

/** All steps of a sequence that has not begun. */
const wholeOf = ({ steps }: PlanSequence): number => steps.reduce((sum, step) => sum + wholeStep(step), 0);

/** A loop is one round until it is known how many there are. */
const wholeStep = ({ block }: PlanStep): number =>
  block === undefined || block.kind === 'for' ? 1 : block.bodies.reduce((sum, body) => sum + wholeOf(body), 0);

const leftIn = (state: KnownRun, sequence: PlanSequence): number => {
  const position = state.positions[sequence.id];
  if (position === undefined) return wholeOf(sequence);
  return sequence.steps
    .slice(position)
    .reduce((sum, step, ahead) => sum + (ahead === 0 ? leftAt(state, step) : wholeStep(step)), 0);
};

const leftAt = (state: KnownRun, step: PlanStep): number => {
  const under = state.steps[step.name];
  if (under?.taken && !under.awaited && step.catch) return leftIn(state, step.catch.body);
  const { block } = step;
  if (!block || !isEntered(under)) return wholeStep(step);
  switch (block.kind) {
    case 'for':
      return roundsLeft(under.loop);
    case 'switch': {
      const taken = branchSequence(step, under.branch);
      return taken ? leftIn(state, taken) : 0;
    }
    case 'fork':
      return leftInFork(state, step, under);
    default:
      return block.bodies.reduce((sum, body) => sum + leftIn(state, body), 0);
  }
};

const leftInFork = (state: KnownRun, { block }: PlanStep, { branches = {} }: StepState): number => {
  const isDecided = block?.kind === 'fork' && block.isCompeting && Object.keys(branches).length > 0;
  const open = isDecided ? [] : (block?.bodies ?? []).filter(({ branch }) => !Object.hasOwn(branches, branch!));
  return open.reduce((sum, body) => sum + leftIn(state, body), 0);
};

/** Without items, nobody knows of more than the round that is under way; before the first, one is expected. */
const roundsLeft = (loop: LoopState | undefined): number => {
  if (loop?.items) return Math.max(0, loop.items.length - loop.returned.length);
  return loop === undefined || loop.isInRound || loop.returned.length === 0 ? 1 : 0;
};

const isEntered = (under: StepState | undefined): under is StepState =>
  under !== undefined && under.startedAt !== undefined && under.awaited === undefined;

/** Runs whose ends the run waits for. */
export const calledRuns = (state: RunState): string[] =>
  state.status === 'none'
    ? []
    : Object.values(state.steps).flatMap(({ awaited }) => (awaited?.kind === 'run' ? [awaited.calledRunId] : []));

/**
 * How much of the run is done, from 0 to 1. The steps of a sequence weigh the same, and what is inside of a step weighs what that step does:
 * the rounds of a loop, the branches of a `fork`, and the run that a `call` waits for, whose own share is looked up in `called` by its id.
 */
export const shareDone = (plan: Plan, state: RunState, called: ReadonlyMap<string, number>): number => {
  if (state.status === 'none') return 0;
  return isEnded(state.status) ? 1 : shareIn(state as KnownRun, plan.root, called);
};

type Shares = ReadonlyMap<string, number>;

const shareIn = (state: KnownRun, { id, steps }: PlanSequence, called: Shares): number => {
  const position = state.positions[id] ?? 0;
  const step = steps[position];
  return (position + (step ? shareAt(state, step, called) : 0)) / Math.max(1, steps.length);
};

const shareAt = (state: KnownRun, step: PlanStep, called: Shares): number => {
  const under = state.steps[step.name];
  if (under?.taken) return under.awaited || !step.catch ? 0 : shareIn(state, step.catch.body, called);
  if (under?.awaited?.kind === 'run') return called.get(under.awaited.calledRunId) ?? 0;
  const { block } = step;
  if (!block || !isEntered(under)) return 0;
  switch (block.kind) {
    case 'for': {
      const { items, returned = [], isInRound } = under.loop ?? {};
      if (!items || items.length === 0) return 0;
      return Math.min(1, (returned.length + (isInRound ? shareIn(state, block.bodies[0]!, called) : 0)) / items.length);
    }
    case 'switch': {
      const taken = branchSequence(step, under.branch);
      return taken ? shareIn(state, taken, called) : 0;
    }
    case 'fork': {
      const shares = block.bodies.map((body) =>
        Object.hasOwn(under.branches ?? {}, body.branch!) ? 1 : shareIn(state, body, called),
      );
      return block.isCompeting ? Math.max(...shares) : shares.reduce((sum, share) => sum + share, 0) / shares.length;
    }
    default:
      return shareIn(state, block.bodies[0]!, called);
  }
};
