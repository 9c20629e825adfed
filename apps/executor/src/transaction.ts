import {
  asFailure,
  Failure,
  requests,
  type BeginTransaction,
  type BegunTransaction,
  type DataAnswer,
  type NewRunEvent,
  type TransactionRequest,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import {
  decideStep,
  evolve,
  isMet,
  nextMovesInside,
  scopeOf,
  type KnownRun,
  type Move,
  type Plan,
  type PlanStep,
  type StepOutcome,
} from '@nightshift/workflow-core';
import { enterBlock } from './enter-block.ts';
import { environment } from './environment.ts';
import { finishRound, startRound } from './evaluate-moves.ts';
import { originOf } from './perform/acting-user.ts';
import { toPerformed } from './perform/data.ts';
import { effectKey } from './perform/effect-key.ts';
import { failed, isPlatformAway } from './perform/failed.ts';
import type { Occasion, Performed } from './perform/performed.ts';
import { failedExpression } from './take-step.ts';

/**
 * Performs a `transaction` as one effect: its steps are gone through on a copy of the state, their data requests go to one open
 * transaction of the data service, and what happened is the run's only when that is committed. If this process dies, the transaction is
 * undone and gone through again; if it dies after the commit, the answers that were kept with it lead the same way.
 */
export type PerformTransaction = (
  plan: Plan,
  state: KnownRun,
  step: PlanStep,
  occasion: Occasion,
) => Promise<Performed>;

/** Longer than the data service keeps an idle transaction: an answer that late is none. */
const ANSWER_WITHIN_MS = 10_000;

type Ask = (request: TransactionRequest) => Promise<DataAnswer>;

export const makePerformTransaction =
  (bus: Bus): PerformTransaction =>
  async (plan, state, step, occasion) => {
    const begin = { key: effectKey(occasion), origin: originOf(occasion) };
    try {
      const begun = await beginTransaction(bus, begin);
      if ('answers' in begun) return (await goThrough(plan, state, step, occasion, answering(begun.answers))).performed;
      const ask: Ask = (request) =>
        bus.request<DataAnswer>(requests.transaction(begun.transactionId), request, {
          timeoutMs: ANSWER_WITHIN_MS,
          unavailable: 'transaction.lost',
        });
      const { performed, isDone } = await goThrough(plan, state, step, occasion, ask);
      if (isDone) await ask({ action: 'commit' });
      else await ask({ action: 'rollback' }).catch(() => {});
      return performed;
    } catch (error) {
      const failure = asFailure(error);
      // Whether it was committed is not known, or it was given up: the same key finds out.
      if (failure.code === 'transaction.lost' || isPlatformAway(failure) || failure.code === 'platform.bug')
        throw failure;
      return failed(failure);
    }
  };

/** A replica that has no room for one more says so after a second or two; another one may have. */
const BEGIN_TRIES = 5;

const beginTransaction = async (bus: Bus, begin: BeginTransaction): Promise<BegunTransaction> => {
  for (let tried = 1; ; tried++) {
    try {
      return await bus.request<BegunTransaction>(requests.beginTransaction, begin, {
        timeoutMs: ANSWER_WITHIN_MS,
        unavailable: 'data.unavailable',
      });
    } catch (error) {
      if (tried === BEGIN_TRIES || !isPlatformAway(asFailure(error))) throw error;
    }
  }
};

/** A transaction that was committed before: its requests are answered as they were then. */
const answering = (answers: readonly DataAnswer[]): Ask => {
  const left = [...answers];
  return () => {
    if (left.length === 0)
      throw new Failure('platform.bug', { detail: 'The transaction went another way than before' });
    return Promise.resolve(left.shift()!);
  };
};

/** Goes through the transaction's steps. `isDone`: none of them failed. */
const goThrough = async (
  plan: Plan,
  from: KnownRun,
  step: PlanStep,
  occasion: Occasion,
  ask: Ask,
): Promise<{ performed: Performed; isDone: boolean }> => {
  const { as } = occasion;
  const askAs: Ask = as === undefined ? ask : (request) => ask({ ...request, as } as TransactionRequest);
  let state = from;
  const events: NewRunEvent[] = [];
  const add = (happened: readonly NewRunEvent[]): void => {
    for (const event of happened) {
      events.push(event);
      const at = new Date().toISOString();
      state = evolve(plan, state, { ...event, runId: state.runId, version: state.version + 1, at } as Parameters<
        typeof evolve
      >[2]) as KnownRun;
    }
  };
  if (state.steps[step.name]?.startedAt === undefined)
    add(decideStep(state, step, { kind: 'entered' }, { now: new Date() }));

  for (;;) {
    if (occasion.signal().aborted)
      throw new Failure('transaction.lost', { detail: 'The run no longer is at this step' });
    const [move] = nextMovesInside(plan, state, step, new Date());
    if (!move) throw new Failure('platform.bug', { detail: 'A step in a transaction waits' });
    const end = endOf(move, step);
    if (end) return { performed: { outcome: end, events }, isDone: true };
    const happened = await take(state, move, askAs);
    // Whether the transaction is tried again is decided with its own outcome.
    const failure = happened.find((event) => event.type === 'StepFailed' || event.type === 'StepRetried');
    if (failure) {
      const { problem } = failure.data;
      return { performed: { outcome: { kind: 'failed', problem, canRetry: false } }, isDone: false };
    }
    add(happened);
  }
};

/** The transaction's own completion, when its steps are done. */
const endOf = (move: Move, step: PlanStep): StepOutcome | undefined => {
  const event = move.kind === 'record' ? move.events[0] : undefined;
  return event?.type === 'StepCompleted' && event.data.step === step.name
    ? { kind: 'completed', result: event.data.result }
    : undefined;
};

const take = async (state: KnownRun, move: Move, ask: Ask): Promise<NewRunEvent[]> => {
  switch (move.kind) {
    case 'record':
      return move.events;
    case 'round':
      return startRound({ state }, move.step);
    case 'roundEnd':
      return finishRound({ state }, move.step);
    case 'step':
      return decideStep(state, move.step, await outcomeOf(state, move.step, move.isConditionMet, ask), {
        now: new Date(),
      });
    default:
      throw new Failure('platform.bug', { detail: `A transaction cannot ${move.kind}` });
  }
};

const outcomeOf = async (state: KnownRun, step: PlanStep, isConditionMet: boolean, ask: Ask): Promise<StepOutcome> => {
  const scope = scopeOf(state, step);
  try {
    if (step.condition && !isConditionMet && !isMet(await step.condition.evaluate(scope, environment())))
      return { kind: 'skipped', reason: `not met: ${step.condition.source}` };
    if (step.block) return (await enterBlock(refuseLock, state.runId, step, scope)).outcome;
    const effect = step.action!.prepare(await step.action!.input.evaluate(scope, environment()));
    switch (effect.kind) {
      case 'refused':
        return { kind: 'failed', problem: effect.problem, canRetry: false };
      case 'raise':
        return { kind: 'failed', problem: effect.problem, canRetry: false };
      case 'value':
        return { kind: 'completed', result: effect.value };
      case 'data':
        return toPerformed(effect, await ask(effect.request as TransactionRequest)).outcome;
      default:
        throw new Failure('platform.bug', { detail: `${effect.kind} cannot stand in a transaction` });
    }
  } catch (error) {
    if (error instanceof Failure && error.code !== 'expression.failed') {
      if (error.canRetry || error.code === 'platform.bug') throw error;
      return { kind: 'failed', problem: error.toProblem(), canRetry: false };
    }
    return failedExpression(error).outcome;
  }
};

const refuseLock = (): never => {
  throw new Failure('platform.bug', { detail: 'A lock cannot stand in a transaction' });
};
