import { Failure, type NewRunEvent } from '@nightshift/contracts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { decideFinish } from './decide-finish.ts';
import { decideRound, decideRoundEnd, hasNextItem } from './decide-round.ts';
import { decideStep, type StepOutcome } from './decide-step.ts';
import { foreseeAction } from './foresee-action.ts';
import { exactly, someEvent, type Foreseen } from './foreseen.ts';
import { nextMoves, nextMovesInside, type Collected, type Move } from './next-moves.ts';
import { failedAttempt, failure, type Evaluating, type Outlook } from './outlook.ts';
import { iterationOf } from './place.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { KnownRun, RunState } from './run-state.ts';
import { scopeAtRoundEnd, scopeBeforeRound } from './round-scope.ts';
import { scopeOf } from './scope-of.ts';

/** Every way in which the plan can lead on from a state. What nobody can compute again may go any way that its kind of step can. */
export function* foresee(plan: Plan, given: RunState, now: Date): Evaluating<Foreseen[]> {
  if (given.status === 'none') return [];
  // What an executor decided before it heard of the pause comes after it.
  const state = given.status === 'paused' ? ({ ...given, status: given.was } as KnownRun) : given;
  // Only what does not depend on the clock or on chance is evaluated.
  const env: EvaluationEnv = { now, random: () => 0, uuid: () => '' };
  const outlook: Outlook = {
    plan,
    state,
    now,
    value: function* (expression, scope) {
      return yield () => expression.evaluate(scope, env);
    },
  };
  const foreseen: Foreseen[] = [];
  for (const move of nextMoves(plan, state, now)) foreseen.push(...(yield* foreseeMove(outlook, move)));
  return [...foreseen, ...lostLocks(outlook)];
}

function* foreseeMove(outlook: Outlook, move: Move): Evaluating<Foreseen[]> {
  switch (move.kind) {
    case 'record':
      return exactly(move.events);
    case 'collect':
      return foreseeCollected(outlook, move.step, move.awaited);
    case 'round':
      return yield* foreseeRound(outlook, move.step);
    case 'roundEnd':
      return yield* foreseeRoundEnd(outlook, move.step);
    case 'finish':
      return yield* foreseeFinish(outlook);
    case 'step':
      return yield* foreseeStep(outlook, move);
  }
}

type StepMove = Extract<Move, { kind: 'step' }>;

function* foreseeStep(outlook: Outlook, move: StepMove): Evaluating<Foreseen[]> {
  const { state, value, now } = outlook;
  const { step, attempt } = move;
  const scope = scopeOf(state, step);
  const decide = (outcome: StepOutcome): Foreseen[] => exactly(decideStep(state, step, outcome, { now }));
  try {
    const skipped = decide({ kind: 'skipped', reason: '' });
    const isAsked = step.condition !== undefined && !move.isConditionMet;
    if (isAsked && !step.condition.isRecorded && !isMet(yield* value(step.condition, scope))) return skipped;
    const mayBeSkipped = isAsked && step.condition.isRecorded ? skipped : [];

    const isTransaction = step.block?.kind === 'transaction';
    if (step.announcesStart && !move.isStartRecorded && (step.action || isTransaction)) {
      const iteration = iterationOf(state, step);
      const data = { step: step.name, ...(iteration !== undefined && { iteration }), attempt };
      return [...mayBeSkipped, ...exactly([{ type: 'StepStarted', data }])];
    }
    const goesOn = step.block
      ? yield* foreseeBlock(outlook, step, scope, decide)
      : yield* foreseeAction(outlook, step, scope, decide);
    return [...mayBeSkipped, ...goesOn];
  } catch (error) {
    return decide({ kind: 'failed', ...failedAttempt(error) });
  }
}

function* foreseeBlock(
  outlook: Outlook,
  step: PlanStep,
  scope: Scope,
  decide: (outcome: StepOutcome) => Foreseen[],
): Evaluating<Foreseen[]> {
  const block = step.block!;
  const { plan, state, now, value } = outlook;
  switch (block.kind) {
    case 'do':
    case 'try':
    case 'fork':
      return decide({ kind: 'entered' });
    case 'switch': {
      if (block.isRecorded)
        return [
          ...block.cases.flatMap(({ name }) => decide({ kind: 'entered', branch: name })),
          ...decide({ kind: 'skipped', reason: '' }),
        ];
      for (const { name, when } of block.cases)
        if (!when || isMet(yield* value(when, scope))) return decide({ kind: 'entered', branch: name });
      return decide({ kind: 'skipped', reason: '' });
    }
    case 'for': {
      if (!block.items) return decide({ kind: 'entered' });
      if (block.items.isRecorded)
        return [someEvent('StepStarted', step.name, (data) => data.step === step.name && data.items !== undefined)];
      const given = yield* value(block.items, scope);
      const items: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
      return items.length > block.limit
        ? decide({ kind: 'failed', ...failedAttempt(new Failure('loop.too_long')) })
        : decide({ kind: 'entered', items });
    }
    case 'lock':
      return locked(step.name, block.name.isRecorded ? undefined : yield* value(block.name, scope));
    case 'transaction': {
      if (state.steps[step.name]?.startedAt === undefined)
        return [...decide({ kind: 'entered' }), failure(outlook, step)];
      const foreseen = [failure(outlook, step)];
      for (const move of nextMovesInside(plan, state, step, now)) foreseen.push(...(yield* foreseeMove(outlook, move)));
      return foreseen;
    }
  }
}

/** The lock is the run's, or another run's. @param name undefined if only the history tells */
const locked = (step: string, name: unknown): Foreseen[] => {
  const text = name === undefined ? step : `${step} lock ${String(name)}`;
  const holds = (data: { step: string; lock?: string }): boolean =>
    data.step === step && data.lock !== undefined && (name === undefined || data.lock === name);
  return [someEvent('StepStarted', text, holds), someEvent('WaitStarted', text, holds)];
};

const foreseeCollected = (outlook: Outlook, step: PlanStep, awaited: Collected): Foreseen[] =>
  awaited.kind === 'lock'
    ? locked(step.name, awaited.lock)
    : [someEvent('StepCompleted', step.name, (data) => data.step === step.name), failure(outlook, step)];

function* foreseeRound({ state, now, value }: Outlook, step: PlanStep): Evaluating<Foreseen[]> {
  const { block } = step;
  const decide = (isNext: boolean): Foreseen[] => exactly(decideRound(state, step, isNext, now));
  if (block?.kind !== 'for' || !hasNextItem(state, step)) return decide(false);
  if (!block.while) return decide(true);
  if (block.while.isRecorded) return [...decide(true), ...decide(false)];
  try {
    return decide(isMet(yield* value(block.while, scopeBeforeRound(state, step))));
  } catch (error) {
    return exactly(decideRoundEnd(state, step, failedAttempt(error), now));
  }
}

function* foreseeRoundEnd(outlook: Outlook, step: PlanStep): Evaluating<Foreseen[]> {
  const { state, now, value } = outlook;
  const result = step.block?.kind === 'for' ? step.block.result : undefined;
  if (result?.isRecorded)
    return [someEvent('IterationCompleted', step.name, (data) => data.step === step.name), failure(outlook, step)];
  try {
    const returned = result && (yield* value(result, scopeAtRoundEnd(state, step)));
    return exactly(decideRoundEnd(state, step, returned === undefined ? {} : { result: returned }, now));
  } catch (error) {
    return exactly(decideRoundEnd(state, step, failedAttempt(error), now));
  }
}

function* foreseeFinish({ plan, state, value }: Outlook): Evaluating<Foreseen[]> {
  // Whether the result fits its schema is not the plan's to say.
  const refused = someEvent('RunFailed', 'with result.invalid', ({ problem }) => problem.code === 'result.invalid');
  if (plan.result?.isRecorded) return [someEvent('RunSucceeded', ''), refused];
  try {
    const result = plan.result && (yield* value(plan.result, scopeOf(state)));
    return [...exactly(decideFinish(state, result === undefined ? {} : { result })), refused];
  } catch (error) {
    return exactly(decideFinish(state, failedAttempt(error)));
  }
}

/** A lock can be lost at any moment. */
const lostLocks = (outlook: Outlook): Foreseen[] =>
  Object.entries(outlook.state.steps).flatMap(([name, { lock }]) => {
    const step = lock === undefined ? undefined : outlook.plan.steps.get(name);
    if (!step) return [];
    const { toText, fits } = failure(outlook, step);
    return [{ toText, fits: (event) => isWith(event, 'lock.lost') && fits(event) }];
  });

const isWith = ({ data }: NewRunEvent, code: string): boolean => 'problem' in data && data.problem.code === code;
