import type { Scope } from '../expressions/scope.ts';
import { undoingOf, variablesOf } from './place.ts';
import type { PlanStep } from './plan.ts';
import type { KnownRun } from './run-state.ts';

/**
 * What the expressions of a step see; without a step, those of the workflow's `return`. Names without a value are missing: results of
 * skipped steps, `trigger` of a run that no change started, `item` and `index` outside a list or loop, `error` outside a catch. Built once
 * per step; the values are shared with the state.
 */
export const scopeOf = (state: KnownRun, step?: PlanStep): Scope => {
  const { requested } = state;
  const scope: Record<string, unknown> = {
    ...resultsFor(state, step),
    parameters: state.parameters,
    trigger: requested.trigger,
    item: requested.item,
    batch: requested.batch,
    index: requested.cause.kind === 'list' ? requested.cause.index : undefined,
    error: undefined,
    previous: undefined,
    run: {
      id: state.runId,
      startedAt: state.startedAt,
      depth: requested.depth,
      iteration: requested.iteration,
      chain: requested.chainId,
    },
    currentUser: userOf(requested.requestedBy?.user),
  };
  return step && step.path.length > 0 ? Object.assign(scope, variablesOf(state, step)) : scope;
};

/** Whoever needs more of him than his id reads him, as he is then. */
const userOf = (id: string | null | undefined): { id: string } | null => (typeof id === 'string' ? { id } : null);

/** An undoing sees what the step saw that it undoes, and what its own steps gave. */
const resultsFor = (state: KnownRun, step: PlanStep | undefined): Readonly<Record<string, unknown>> => {
  const undoing = step?.path.findLast(({ role }) => role === 'compensate');
  const undo = undoing && undoingOf(state, undoing.owner!);
  if (!undo) return state.results;
  const own = undoing.steps.flatMap(({ name, inner }) => [
    name,
    ...inner.flatMap(({ steps }) => steps.map((nested) => nested.name)),
  ]);
  return {
    ...undo.results,
    ...Object.fromEntries(own.flatMap((name) => (name in state.results ? [[name, state.results[name]]] : []))),
  };
};
