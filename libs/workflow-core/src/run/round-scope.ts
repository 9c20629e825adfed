import type { Scope } from '../expressions/scope.ts';
import type { PlanStep } from './plan.ts';
import type { KnownRun } from './run-state.ts';
import { scopeOf } from './scope-of.ts';

/** What a loop's `while` sees: the item that would be next, and what the last round returned. */
export const scopeBeforeRound = (state: KnownRun, step: PlanStep): Scope => {
  const scope: Record<string, unknown> = { ...scopeOf(state, step) };
  const loop = state.steps[step.name]?.loop;
  if (!loop || step.block?.kind !== 'for') return scope;
  const next = loop.index + 1;
  scope[step.block.each] = loop.items?.[next];
  scope[step.block.at] = next;
  scope['previous'] = loop.returned.at(-1);
  return scope;
};

/** What a loop's `return` sees: it stands where the steps of the round stand. */
export const scopeAtRoundEnd = (state: KnownRun, step: PlanStep): Scope =>
  scopeOf(state, step.block?.bodies[0]?.steps[0] ?? step);
