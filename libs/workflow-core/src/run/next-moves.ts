import { Failure, type NewRunEvent } from '@nightshift/contracts';
import { decideFailure } from './decide-failure.ts';
import { begunAt, eventPlaceOf, openSequences, undoing, undoingPlaceOf } from './place.ts';
import type { PlanBlock } from './plan-block.ts';
import type { Plan, PlanSequence, PlanStep } from './plan.ts';
import type { Awaited, KnownRun, RunState, StepState, TakenFailure } from './run-state.ts';

/** What is to be done next with a run. */
export type Move =
  /** Nothing happens but that this is recorded. */
  | { readonly kind: 'record'; readonly events: NewRunEvent[] }
  /**
   * Evaluate the step's `if`, unless an attempt is recorded to have begun before (`isConditionMet`); then enter the block, or prepare and
   * perform the action.
   */
  | {
      readonly kind: 'step';
      readonly step: PlanStep;
      readonly attempt: number;
      readonly isConditionMet: boolean;
      readonly isStartRecorded: boolean;
    }
  /** Evaluate whether a loop has another round. */
  | { readonly kind: 'round'; readonly step: PlanStep }
  /** Evaluate what a round of a loop returns. */
  | { readonly kind: 'roundEnd'; readonly step: PlanStep }
  /** Look whether what the step waits for has come about: the called run has ended, the lock is free. */
  | { readonly kind: 'collect'; readonly step: PlanStep; readonly awaited: Collected }
  /** All steps are done: evaluate what the workflow returns. */
  | { readonly kind: 'finish' };

export type Collected = Extract<Awaited, { kind: 'run' | 'lock' }>;

/**
 * The next moves of a run; none while it is scheduled, held or ended, or when all that is under way waits. More than one only inside a
 * `fork`. Decides only by the state and the time, so the same history always goes on the same way.
 */
export const nextMoves = (plan: Plan, state: RunState, now: Date): Move[] => {
  if (state.status === 'none' || state.awaitsAdmission) return [];
  if (state.status === 'queued') return [{ kind: 'record', events: [{ type: 'RunStarted', data: {} }] }];
  if (state.status !== 'running') return [];
  const clock: Clock = { nowMs: Math.max(now.getTime(), state.reachedMs), now };
  if (state.failing) return endFailing(plan, state, state.failing, clock);
  if (plan.timeoutMs !== undefined && isOver(state.startedAt, plan.timeoutMs, clock))
    return runTimeout(plan, state, clock);
  return inSequence(plan, state, plan.root, clock);
};

interface Clock {
  readonly nowMs: number;
  readonly now: Date;
}

const isOver = (since: string | undefined, lengthMs: number, { nowMs }: Clock): boolean =>
  since !== undefined && Date.parse(since) + lengthMs <= nowMs;

/** The next moves inside the body of a block that is gone through by itself, as a `transaction` is. */
export const nextMovesInside = (plan: Plan, state: KnownRun, { block }: PlanStep, now: Date): Move[] =>
  inSequence(plan, state, block!.bodies[0]!, { nowMs: Math.max(now.getTime(), state.reachedMs), now });

const inSequence = (plan: Plan, state: KnownRun, sequence: PlanSequence, clock: Clock): Move[] => {
  const step = sequence.steps[state.positions[sequence.id] ?? 0];
  return step ? atStep(plan, state, step, clock) : [atEnd(state, sequence)];
};

const atStep = (plan: Plan, state: KnownRun, step: PlanStep, clock: Clock): Move[] => {
  const under = state.steps[step.name];
  if (!under) return [begin(step, undefined)];
  const { awaited, taken, startedAt } = under;
  if (!taken) {
    // An event that has come is not lost because nobody looked in time.
    if (step.timeoutMs !== undefined && awaited?.kind !== 'received' && isOver(begunAt(under), step.timeoutMs, clock))
      return [stepTimeout(state, step, clock)];
    if (awaited) return whileWaiting(state, step, under, awaited, clock);
    if (startedAt === undefined || !step.block || step.block.kind === 'transaction') return [begin(step, under)];
    if (step.block.kind === 'for' && !under.loop?.isInRound) return [{ kind: 'round', step }];
    if (step.block.kind === 'fork' && isForkDone(step.block, under)) return [completed(state, step, under.branches)];
  }
  return openSequences(plan, step, under).flatMap((sequence) => inSequence(plan, state, sequence, clock));
};

const begin = (step: PlanStep, under: StepState | undefined): Move => ({
  kind: 'step',
  step,
  attempt: under?.attempt ?? 1,
  isConditionMet: under?.isConditionMet ?? false,
  isStartRecorded: under?.startedAt !== undefined,
});

const whileWaiting = (state: KnownRun, step: PlanStep, under: StepState, awaited: Awaited, clock: Clock): Move[] => {
  switch (awaited.kind) {
    case 'time':
      return isOver(awaited.until, 0, clock) ? [completed(state, step, undefined)] : [];
    case 'retry':
      return isOver(awaited.until, 0, clock) ? [begin(step, { ...under, awaited: undefined })] : [];
    case 'received':
      return [completed(state, step, awaited.event)];
    case 'event':
      return [];
    case 'lock': {
      const { block } = step;
      const isLate = block?.kind === 'lock' && block.waitMs !== undefined && isOver(awaited.since, block.waitMs, clock);
      return isLate ? [failure(state, step, new Failure('lock.timeout'), clock)] : [{ kind: 'collect', step, awaited }];
    }
    case 'run':
      return [{ kind: 'collect', step, awaited }];
  }
};

const isForkDone = (block: PlanBlock & { kind: 'fork' }, { branches = {} }: StepState): boolean => {
  const done = Object.keys(branches).length;
  return done >= (block.isCompeting ? 1 : block.bodies.length);
};

/** The sequence's steps are all done: what it belongs to goes on. */
const atEnd = (state: KnownRun, sequence: PlanSequence): Move => {
  const { role, owner, branch } = sequence;
  if (role === 'root') return { kind: 'finish' };
  const step = owner!;
  if (role === 'compensate') return record({ type: 'StepCompensated', data: undoingPlaceOf(state, step) });
  if (role === 'body' && step.block?.kind === 'for') return { kind: 'roundEnd', step };
  const result = lastResult(state, sequence);
  if (role === 'body' && step.block?.kind === 'fork')
    return record({
      type: 'BranchCompleted',
      data: { ...eventPlaceOf(state, step), branch: branch!, ...(result !== undefined && { result }) },
    });
  return completed(state, step, result);
};

/** What the last step of the sequence gave. */
export const lastResult = ({ results }: KnownRun, { steps }: PlanSequence): unknown =>
  results[steps.at(-1)?.name ?? ''];

const record = (...events: NewRunEvent[]): Move => ({ kind: 'record', events });

const completed = (state: KnownRun, step: PlanStep, result: unknown): Move =>
  record({
    type: 'StepCompleted',
    data: {
      ...eventPlaceOf(state, step),
      attempt: state.steps[step.name]?.attempt ?? 1,
      ...(result !== undefined && { result }),
    },
  });

const endFailing = (plan: Plan, state: KnownRun, failing: TakenFailure, clock: Clock): Move[] => {
  const sequence = undoing(plan, failing);
  if (sequence) return inSequence(plan, state, sequence, clock);
  return [record({ type: 'RunFailed', data: { problem: failing.problem } })];
};

const failure = (state: KnownRun, step: PlanStep, failed: Failure, { now }: Clock): Move =>
  record(...decideFailure(state, step, { problem: failed.toProblem(), canRetry: failed.canRetry }, now));

const stepTimeout = (state: KnownRun, step: PlanStep, clock: Clock): Move =>
  failure(state, step, timeoutOf(step), clock);

/** What a step fails with that took longer than its `timeout`. */
export const timeoutOf = ({ timeoutMs }: PlanStep): Failure =>
  new Failure('step.timeout', { detail: `It was not done within ${timeoutMs! / 1000} s` });

/** The step under way fails, and nothing catches that. */
const runTimeout = (plan: Plan, state: KnownRun, clock: Clock): Move[] => {
  const problem = new Failure('run.timeout', {
    detail: `It was not done within ${plan.timeoutMs! / 1000} s`,
    instance: '/timeout',
  }).toProblem();
  const step = plan.root.steps[state.positions[''] ?? 0];
  if (!step) return inSequence(plan, state, plan.root, clock);
  const attempt = state.steps[step.name]?.attempt ?? 1;
  return [record({ type: 'StepFailed', data: { step: step.name, attempt, problem } })];
};
