import { Failure, type NewRunEvent, type Problem } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import {
  decideStep,
  isMet,
  iterationOf,
  scopeOf,
  type EffectKind,
  type EffectOf,
  type Move,
  type PlanStep,
  type Scope,
  type StepOutcome,
} from '@nightshift/workflow-core';
import { enterBlock } from './enter-block.ts';
import { environment } from './environment.ts';
import type { Journal } from './journal.ts';
import { actingUserOf } from './perform/acting-user.ts';
import { failed } from './perform/failed.ts';
import type { Occasion, Perform, Performed, Performers } from './perform/performed.ts';
import { redact, type ReadSecrets } from './secrets.ts';
import type { PerformTransaction } from './transaction.ts';

export type StepMove = Extract<Move, { kind: 'step' }>;

export interface TakeStepDeps {
  ledger: Ledger;
  performers: Performers;
  performTransaction: PerformTransaction;
  readSecrets: ReadSecrets;
}

/** An effect that goes on by itself. What it throws is the platform's trouble. */
export interface Effectuation {
  performing: Promise<Performed>;
  /** Ends it as soon as it can be ended; its outcome no longer matters. */
  giveUp: () => void;
}

/**
 * One attempt at a step. The barrier rule: what cannot be computed again is durable before the next effect begins, so a recorded
 * step first commits what is pending of that kind; pure steps cost no write of their own and ride along. Before a lock everything is
 * committed: an executor that has fallen behind the run must not ask for a lock that the run has had, and lost.
 * @returns undefined when all is settled
 */
export const makeTakeStep =
  (deps: TakeStepDeps) =>
  async (journal: Journal, move: StepMove): Promise<Effectuation | 'taken' | undefined> => {
    const { step, attempt } = move;
    if (step.isRecorded && (journal.hasRecorded || (step.block?.kind === 'lock' && journal.hasPending))) {
      const committed = await journal.commit();
      if (committed !== 'committed') return committed === 'taken' ? 'taken' : undefined;
    }
    const scope = scopeOf(journal.state, step);
    try {
      if (step.condition && !move.isConditionMet && !isMet(await step.condition.evaluate(scope, environment()))) {
        const reason = `not met: ${step.condition.source}`;
        return settle(journal, step, { outcome: { kind: 'skipped', reason } });
      }
      if (step.announcesStart && !move.isStartRecorded && (step.action || step.block?.kind === 'transaction')) {
        journal.add([startOf(journal, move)]);
        const committed = await journal.commit();
        if (committed !== 'committed') return committed === 'taken' ? 'taken' : undefined;
      }
      const begun = begin(deps, journal, step, attempt, scope);
      const performed = begun instanceof Promise ? await begun : begun;
      if ('performing' in performed) return performed;
      settle(journal, step, performed);
      if (!performed.isAwaited || isLast(journal, step)) return;
      return (await journal.commit()) === 'taken' ? 'taken' : undefined;
    } catch (error) {
      return settle(journal, step, failedExpression(error));
    }
  };

/** Records how an attempt at a step went, if the run is still there. */
export const settle = (journal: Journal, step: PlanStep, performed: Performed): undefined => {
  const { outcome, events = [], isAwaited = false, ...brought } = performed;
  const decided = decideStep(journal.state, step, outcome, { now: new Date() });
  if (decided.length === 0) return;
  journal.bring(brought);
  journal.add([...events, ...decided], { isRecorded: step.isRecorded || isAwaited });
};

/** What comes now is the run's end, which is one commit with it. */
const isLast = ({ definition }: Journal, step: PlanStep): boolean => definition.plan.root.steps.at(-1) === step;

const startOf = ({ state }: Journal, { step, attempt }: StepMove): NewRunEvent => {
  const iteration = iterationOf(state, step);
  return { type: 'StepStarted', data: { step: step.name, ...(iteration !== undefined && { iteration }), attempt } };
};

const begin = (
  deps: TakeStepDeps,
  journal: Journal,
  step: PlanStep,
  attempt: number,
  scope: Scope,
): Promise<Performed | Effectuation> | Performed | Effectuation => {
  const { occasion, giveUp } = occasionOf(journal, step, attempt);
  if (step.block?.kind === 'transaction')
    return { performing: deps.performTransaction(journal.definition.plan, journal.state, step, occasion), giveUp };
  if (step.block) return enterBlock(deps.ledger.locks.acquire, journal.runId, step, scope);
  return act(deps, step, occasion, scope, giveUp);
};

const act = (
  deps: TakeStepDeps,
  step: PlanStep,
  occasion: Occasion,
  scope: Scope,
  giveUp: () => void,
): Promise<Performed | Effectuation> | Performed | Effectuation => {
  const { input, prepare, secrets } = step.action!;
  if (secrets.length > 0) return { performing: actWithSecrets(deps, step, occasion, scope), giveUp };
  const start = (given: unknown): Performed | Effectuation => {
    const performed = perform(deps.performers, prepare(given), occasion);
    return performed instanceof Promise ? { performing: performed, giveUp } : performed;
  };
  const evaluated = input.evaluate(scope, environment());
  return evaluated instanceof Promise ? evaluated.then(start) : start(evaluated);
};

/** Secrets are read for this one evaluation, and whatever comes of it is cleared of them. */
const actWithSecrets = async (
  { performers, readSecrets }: TakeStepDeps,
  { action }: PlanStep,
  occasion: Occasion,
  scope: Scope,
): Promise<Performed> => {
  let secrets: Record<string, string>;
  try {
    secrets = await readSecrets(action!.secrets);
  } catch (error) {
    if (error instanceof Failure && !error.canRetry) return failed(error);
    throw error;
  }
  let performed: Performed;
  try {
    const effect = action!.prepare(await action!.input.evaluate({ ...scope, secrets }, environment()));
    performed = await perform(performers, effect, occasion);
  } catch (error) {
    performed = failedExpression(error);
  }
  return { ...performed, outcome: withoutSecrets(performed.outcome, secrets) };
};

/** Only what is the other side's or the workflow's own: a secret may well be a word that means something to Nightshift. */
const withoutSecrets = (outcome: StepOutcome, secrets: Record<string, string>): StepOutcome => {
  if (outcome.kind === 'completed') return { ...outcome, result: redact(outcome.result, secrets) };
  if (outcome.kind !== 'failed') return outcome;
  const { title, detail, errors } = outcome.problem;
  return { ...outcome, problem: { ...outcome.problem, ...(redact({ title, detail, errors }, secrets) as Problem) } };
};

const perform = <Kind extends EffectKind>(
  performers: Performers,
  effect: ReturnType<NonNullable<PlanStep['action']>['prepare']>,
  occasion: Occasion,
): Performed | Promise<Performed> => {
  if (effect.kind === 'refused') return { outcome: { kind: 'failed', problem: effect.problem, canRetry: false } };
  const performer = performers[effect.kind as Kind] as Perform<Kind>;
  return performer(effect as EffectOf<Kind>, occasion);
};

/** An expression's fault is the workflow's; anything else that is thrown is the platform's, and goes on up. */
export const failedExpression = (error: unknown): Performed => {
  if (error instanceof Failure && error.code === 'expression.failed') return failed(error);
  throw error;
};

/** Where in the run an attempt belongs, and what ends it. */
export const occasionOf = (
  { runId, requested, state, definition }: Pick<Journal, 'runId' | 'requested' | 'state' | 'definition'>,
  step: PlanStep,
  attempt: number,
): { occasion: Occasion; giveUp: () => void } => {
  let controller: AbortController | undefined;
  const iteration = iterationOf(state, step);
  const as = actingUserOf(requested, definition);
  return {
    occasion: {
      runId,
      requested,
      ...(as !== undefined && { as }),
      startedAt: state.startedAt!,
      step: step.name,
      ...(iteration !== undefined && { iteration }),
      attempt,
      signal: () => (controller ??= new AbortController()).signal,
    },
    giveUp: () => controller?.abort(),
  };
};
