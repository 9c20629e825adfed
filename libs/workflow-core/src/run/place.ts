import type { Plan, PlanSequence, PlanStep } from './plan.ts';
import type { RunFacts, StepState, TakenFailure, Undo } from './run-state.ts';

/** The body of a `switch` or a `fork` that the branch names. */
export const branchSequence = ({ block }: PlanStep, branch: string | undefined): PlanSequence | undefined =>
  block?.bodies.find((body) => body.branch === branch);

/** Whether the step is the one that its sequence has come to. */
export const isReached = ({ positions }: RunFacts, { sequence, index }: PlanStep): boolean =>
  positions[sequence.id] === index;

/**
 * The sequences that a step under way goes through at the moment: more than one only of a `fork`; none while it waits, between two rounds,
 * and of a `transaction`, which is gone through by itself.
 */
export const openSequences = (plan: Plan, step: PlanStep, under: StepState): readonly PlanSequence[] => {
  const { taken, awaited, startedAt, loop, branches = {} } = under;
  const { block } = step;
  if (taken) return [undoing(plan, taken) ?? step.catch!.body];
  if (awaited || startedAt === undefined || !block) return [];
  switch (block.kind) {
    case 'transaction':
      return [];
    case 'for':
      return loop?.isInRound ? block.bodies : [];
    case 'switch':
      return [branchSequence(step, under.branch)!];
    case 'fork':
      return block.bodies.filter(({ branch }) => !Object.hasOwn(branches, branch!));
    default:
      return block.bodies;
  }
};

/** What undoes the step that is next to be undone; undefined when all are. */
export const undoing = (plan: Plan, { undo }: Pick<TakenFailure, 'undo'>): PlanSequence | undefined => {
  const last = undo.at(-1);
  return last && plan.steps.get(last.step)?.compensate;
};

/** Since when the attempt at a step is under way, waiting for a lock included; undefined if no beginning was recorded. */
export const begunAt = ({ startedAt, awaited }: StepState): string | undefined =>
  startedAt ?? (awaited?.kind === 'lock' ? awaited.since : undefined);

/** What an event says of where it happened. */
export interface EventPlace {
  step: string;
  iteration?: string;
}

export const eventPlaceOf = (state: RunFacts, step: PlanStep): EventPlace =>
  eventPlace(step.name, iterationOf(state, step));

/** Of an event about the undoing of a step: the execution that is undone. */
export const undoingPlaceOf = (state: RunFacts, step: PlanStep): EventPlace =>
  eventPlace(step.name, undoingOf(state, step)?.iteration);

const eventPlace = (step: string, iteration: string | undefined): EventPlace => ({
  step,
  ...(iteration !== undefined && { iteration }),
});

/**
 * Which execution of the step this is: the index of each enclosing loop and, from the second on, the round of each enclosing block that
 * was retried (`r2`), outermost first. A first round is told (`r1`) where a later one follows, so that no two executions look alike.
 * Undefined outside of both.
 */
export const iterationOf = (state: RunFacts, { path }: PlanStep): string | undefined => {
  if (path.length === 0) return undefined;
  let parts: string[] = [];
  let firstRounds = 0;
  for (const { role, owner } of path) {
    if (role === 'compensate') {
      const { iteration } = undoingOf(state, owner!) ?? {};
      parts = iteration === undefined ? ['undo'] : [iteration, 'undo'];
      firstRounds = 0;
      continue;
    }
    const under = state.steps[owner!.name];
    if (!under) continue;
    if (under.attempt > 1) {
      parts.push(...Array<string>(firstRounds).fill('r1'), `r${under.attempt}`);
      firstRounds = 0;
    } else firstRounds++;
    if (under.loop?.isInRound) {
      parts.push(String(under.loop.index));
      firstRounds = 0;
    }
  }
  return parts.length === 0 ? undefined : parts.join('.');
};

/**
 * What is in scope of a step beside results: `item`, `index` and `previous` of the loops around it, under the names that they chose, and
 * the `error` that is being handled.
 */
export const variablesOf = (state: RunFacts, { path }: PlanStep): Record<string, unknown> => {
  let variables: Record<string, unknown> = {};
  for (const { role, owner } of path) {
    const step = owner!;
    if (role === 'compensate') {
      const failure = failureBehind(state, step);
      variables = { ...undoingOf(state, step)?.variables, ...(failure && { error: failure }) };
      continue;
    }
    const under = state.steps[step.name];
    if (role === 'catch' && under?.taken) {
      const { problem, step: failedStep, attempt } = under.taken;
      variables['error'] = { step: failedStep, ...problem, attempt };
    }
    if (role === 'body' && under?.loop && step.block?.kind === 'for') {
      const { items, index, isInRound, returned } = under.loop;
      const { each, at } = step.block;
      if (isInRound) {
        variables[each] = items?.[index];
        variables[at] = index;
      }
      variables['previous'] = returned.at(-1);
    }
  }
  return variables;
};

/** What the undoing of `step` sees, while it is under way. */
export const undoingOf = (state: RunFacts, step: PlanStep): Undo | undefined => {
  const last = takenWith(state, step)?.undo.at(-1);
  return last?.step === step.name ? last : undefined;
};

const failureBehind = (state: RunFacts, step: PlanStep): object | undefined => {
  const taken = takenWith(state, step);
  return taken && { step: taken.step, ...taken.problem, attempt: taken.attempt };
};

/** The failure whose taking begins with the undoing of `step`. */
const takenWith = (state: RunFacts, step: PlanStep): TakenFailure | undefined => {
  if (state.failing?.undo.at(-1)?.step === step.name) return state.failing;
  for (const { taken } of Object.values(state.steps)) if (taken?.undo.at(-1)?.step === step.name) return taken;
  return undefined;
};
