import { randomUUID } from 'node:crypto';
import { Failure, type Dispatch, type NewRunEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import {
  decideFinish,
  decideStep,
  isMet,
  nextMove,
  scopeOf,
  type EffectKind,
  type EffectOf,
  type EvaluationEnv,
  type FinishOutcome,
  type Move,
  type Plan,
  type StepOutcome,
} from '@nightshift/workflow-core';
import type { Definition, Definitions } from './definitions.ts';
import { openJournal, type Journal, type JournalDeps } from './journal.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { failed } from './perform/failed.ts';
import type { Occasion, Perform, Performed, Performers } from './perform/performed.ts';

export interface AdvanceRunDeps extends JournalDeps {
  ledger: Ledger;
  definitions: Definitions;
  performers: Performers;
  leases: LeaseKeeper;
}

/**
 * Takes a run as far as it goes: to its end, or to where it waits. Resolves when everything that happened is durable; what it
 * throws is the platform's trouble, and the dispatch is delivered again.
 */
export type AdvanceRun = (dispatch: Dispatch) => Promise<void>;

export const makeAdvanceRun = (deps: AdvanceRunDeps): AdvanceRun => {
  /** Runs in hand, and whether another dispatch came for them meanwhile. */
  const inHand = new Map<string, { wasDispatchedAgain: boolean }>();

  return async (dispatch) => {
    const held = inHand.get(dispatch.runId);
    if (held) {
      held.wasDispatchedAgain = true;
      return;
    }
    const hold = { wasDispatchedAgain: false };
    inHand.set(dispatch.runId, hold);
    const release = deps.leases.hold(dispatch.runId);
    try {
      const journal = await openJournal(deps, dispatch);
      if (!journal) return;
      const definition = await definitionOf(deps.definitions, journal);
      while ((await walk(deps, definition, journal)) === 'rests' && hold.wasDispatchedAgain) {
        hold.wasDispatchedAgain = false;
        await journal.reload();
      }
    } finally {
      release();
      inHand.delete(dispatch.runId);
    }
  };
};

/** Walks until there is nothing to do (`rests`), or the run turns out to be in another executor's hands (`taken`). */
const walk = async (deps: AdvanceRunDeps, definition: Definition, journal: Journal): Promise<'rests' | 'taken'> => {
  const { plan } = definition;
  for (;;) {
    const move = nextMove(plan, journal.state);
    switch (move.kind) {
      case 'record':
        journal.add(move.events.map((event) => asStarted(event, definition, journal)));
        break;
      case 'step':
        if ((await takeStep(deps, plan, journal, move)) === 'taken') return 'taken';
        break;
      case 'collect': {
        // The called run begins with this commit.
        const commit = await journal.commit();
        if (commit === 'taken') return 'taken';
        if (commit === 'moved') break;
        const outcome = await outcomeOfCall(deps.ledger, move.calledRunId);
        if (!outcome) return 'rests';
        journal.add(decideStep(plan, journal.state, move.step, outcome, { now: new Date() }), { isRecorded: true });
        break;
      }
      case 'finish':
        journal.add(decideFinish(journal.state, await evaluateResult(plan, journal)));
        break;
      case 'rest':
        if ((await journal.commit()) === 'taken') return 'taken';
        if (nextMove(plan, journal.state).kind === 'rest') return 'rests';
        break;
    }
  }
};

/** The version that the run is executed with: from its start on the same, whatever is published meanwhile. */
const definitionOf = (definitions: Definitions, { requested, startedVersion }: Journal): Promise<Definition> =>
  startedVersion === undefined && requested.version === 'latest'
    ? definitions.published(requested.workflow)
    : definitions.version(requested.workflow, startedVersion ?? requested.workflowVersion);

/** A run that asked for the latest version says with its start which one that was. */
const asStarted = (event: NewRunEvent, { version }: Definition, { requested }: Journal): NewRunEvent =>
  event.type === 'RunStarted' && requested.version === 'latest'
    ? { ...event, data: { workflowVersion: version } }
    : event;

type StepMove = Extract<Move, { kind: 'step' }>;

/**
 * One attempt at a step. The barrier rule: what cannot be computed again is durable before the next effect begins, so a recorded
 * step first commits what is pending of that kind; pure steps cost no write of their own and ride along.
 */
const takeStep = async (
  deps: AdvanceRunDeps,
  plan: Plan,
  journal: Journal,
  move: StepMove,
): Promise<'taken' | undefined> => {
  const { step, attempt } = move;
  if (step.isRecorded && journal.hasRecorded) {
    const commit = await journal.commit();
    if (commit !== 'committed') return commit === 'taken' ? 'taken' : undefined;
  }
  const scope = scopeOf(journal.state);
  let performed: Performed;
  try {
    if (step.condition && !move.isConditionMet && !isMet(await step.condition.evaluate(scope, environment()))) {
      performed = { outcome: { kind: 'skipped', reason: `not met: ${step.condition.source}` } };
    } else {
      if (step.announcesStart && !move.isStartRecorded) {
        journal.add([{ type: 'StepStarted', data: { step: step.name, attempt } }]);
        const commit = await journal.commit();
        if (commit !== 'committed') return commit === 'taken' ? 'taken' : undefined;
      }
      const evaluated = step.input.evaluate(scope, environment());
      const effect = step.prepare(evaluated instanceof Promise ? await evaluated : evaluated);
      performed =
        effect.kind === 'refused'
          ? { outcome: { kind: 'failed', problem: effect.problem, canRetry: false } }
          : await perform(deps.performers, effect, { journal, step: step.name, attempt });
    }
  } catch (error) {
    performed = failedExpression(error);
  }
  journal.bring(performed);
  journal.add(decideStep(plan, journal.state, step, performed.outcome, { now: new Date() }), {
    isRecorded: step.isRecorded,
  });
  return undefined;
};

const perform = <Kind extends EffectKind>(
  performers: Performers,
  effect: EffectOf<Kind>,
  occasion: Occasion,
): Performed | Promise<Performed> => {
  const performer = performers[effect.kind as Kind] as Perform<Kind>;
  return performer(effect, occasion);
};

/** An expression's fault is the workflow's; anything else that is thrown is the platform's, and goes on up. */
const failedExpression = (error: unknown): Performed => {
  if (error instanceof Failure && error.code === 'expression.failed') return failed(error);
  throw error;
};

const evaluateResult = async (plan: Plan, journal: Journal): Promise<FinishOutcome> => {
  if (!plan.result) return {};
  try {
    return { result: await plan.result.evaluate(scopeOf(journal.state), environment()) };
  } catch (error) {
    const { outcome } = failedExpression(error);
    return outcome.kind === 'failed' ? { problem: outcome.problem } : {};
  }
};

/** How a called run ended; undefined while it has not. */
const outcomeOfCall = async (ledger: Ledger, calledRunId: string): Promise<StepOutcome | undefined> => {
  const called = await ledger.runs.find(calledRunId);
  switch (called?.status) {
    case 'succeeded':
      return { kind: 'completed', result: called.result };
    case 'failed':
      return { kind: 'failed', problem: called.problem!, canRetry: true };
    case 'cancelled':
      return {
        kind: 'failed',
        problem: new Failure('run.cancelled', { detail: `The called run ${calledRunId} was cancelled` }).toProblem(),
        canRetry: false,
      };
    default:
      return undefined;
  }
};

const environment = (): EvaluationEnv => ({ now: new Date(), random: Math.random, uuid: randomUUID });
