import type { NewRunEvent, RunEvent } from '@nightshift/contracts';
import {
  decideStep,
  evolve,
  isMet,
  nextMovesInside,
  scopeOf,
  type EvaluationEnv,
  type KnownRun,
  type PlanStep,
  type StepOutcome,
} from '@nightshift/workflow-core';
import { toPerformed, type AskData } from '../effects/data.ts';
import type { Store } from '../things/store.ts';
import { enterBlock } from './enter-block.ts';
import { finishRound, startRound } from './evaluate-moves.ts';
import { makeLocks } from './locks.ts';
import { failed, type Occasion, type Performed } from './performed.ts';

export interface TransactionDeps {
  store: Store;
  askData: AskData;
  env: () => EvaluationEnv;
}

/** Goes through the steps of a transaction on a fork of the things: they come true together, or not at all. */
export const makePerformTransaction =
  ({ store, askData, env }: TransactionDeps) =>
  async (from: KnownRun, step: PlanStep, occasion: Occasion): Promise<Performed> => {
    const { plan } = occasion.definition;
    const fork = store.fork();
    const events: NewRunEvent[] = [];
    let state = from;

    const add = (happened: readonly NewRunEvent[]): void => {
      for (const event of happened) {
        events.push(event);
        const placed = { ...event, runId: from.runId, version: state.version + 1, at: env().now.toISOString() };
        state = evolve(plan, state, placed as RunEvent) as KnownRun;
      }
    };
    const outcomeOf = async (inner: PlanStep, isConditionMet: boolean): Promise<StepOutcome> => {
      const scope = scopeOf(state, inner);
      try {
        if (inner.condition && !isConditionMet && !isMet(await inner.condition.evaluate(scope, env())))
          return { kind: 'skipped', reason: `not met: ${inner.condition.source}` };
        if (inner.block) return (await enterBlock(makeLocks(), from.runId, inner, scope, env())).outcome;
        const effect = inner.action!.prepare(await inner.action!.input.evaluate(scope, env()));
        if (effect.kind === 'refused' || effect.kind === 'raise')
          return { kind: 'failed', problem: effect.problem, canRetry: false };
        if (effect.kind === 'value') return { kind: 'completed', result: effect.value };
        if (effect.kind !== 'data') throw new Error(`${effect.kind} cannot stand in a transaction`);
        return toPerformed(effect, askData(fork, effect.request, occasion)).outcome;
      } catch (error) {
        return { ...failed(error).outcome, canRetry: false } as StepOutcome;
      }
    };

    if (state.steps[step.name]?.startedAt === undefined) add(decideStep(state, step, { kind: 'entered' }, env()));
    for (;;) {
      const move = nextMovesInside(plan, state, step, env().now)[0]!;
      const [first] = move.kind === 'record' ? move.events : [];
      if (first?.type === 'StepCompleted' && first.data.step === step.name) {
        store.adopt(fork);
        return { outcome: { kind: 'completed', result: first.data.result }, events };
      }
      let happened: NewRunEvent[];
      if (move.kind === 'record') happened = move.events;
      else if (move.kind === 'round') happened = await startRound(state, move.step, env());
      else if (move.kind === 'roundEnd') happened = await finishRound(state, move.step, env());
      else if (move.kind === 'step')
        happened = decideStep(state, move.step, await outcomeOf(move.step, move.isConditionMet), env());
      else throw new Error(`A transaction cannot ${move.kind}`);
      const failure = happened.find((event) => event.type === 'StepFailed' || event.type === 'StepRetried');
      if (failure) return { outcome: { kind: 'failed', problem: failure.data.problem, canRetry: false } };
      add(happened);
    }
  };

export type PerformTransaction = ReturnType<typeof makePerformTransaction>;
