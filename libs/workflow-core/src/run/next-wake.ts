import { begunAt, openSequences, undoing } from './place.ts';
import type { Plan, PlanSequence, PlanStep } from './plan.ts';
import type { KnownRun, RunState, StepState } from './run-state.ts';

/**
 * The soonest moment at which a run that rests has to be looked at again: the end of a wait, the next attempt, a time limit. Undefined if
 * there is none: something from outside must come.
 */
export const nextWake = (plan: Plan, state: RunState): Date | undefined => {
  if (state.status !== 'running') return undefined;
  const moments = makeMoments();
  if (!state.failing) moments.add(state.startedAt, plan.timeoutMs);
  const sequence = state.failing ? undoing(plan, state.failing) : plan.root;
  for (const [step, under] of stepsUnderWay(plan, state, sequence)) {
    const { awaited, taken } = under;
    if (taken) continue;
    moments.add(begunAt(under), step.timeoutMs);
    if (awaited && 'until' in awaited) moments.add(awaited.until, 0);
    if (awaited?.kind === 'lock' && step.block?.kind === 'lock') moments.add(awaited.since, step.block.waitMs);
  }
  return moments.soonest();
};

/** Only what the run is at: a step that something around it has overtaken, or holds up, must not wake the run in vain. */
const stepsUnderWay = (
  plan: Plan,
  state: KnownRun,
  sequence: PlanSequence | undefined,
): (readonly [PlanStep, StepState])[] => {
  const step = sequence?.steps[state.positions[sequence.id] ?? 0];
  const under = step && state.steps[step.name];
  if (!under) return [];
  return [[step, under], ...openSequences(plan, step, under).flatMap((inner) => stepsUnderWay(plan, state, inner))];
};

/** The soonest time limit that holds for the step: its own, a block's around it, or the workflow's. */
export const deadlineOf = (plan: Plan, state: RunState, name: string): Date | undefined => {
  if (state.status !== 'running') return undefined;
  const step = plan.steps.get(name);
  const moments = makeMoments();
  moments.add(state.steps[name]?.startedAt, step?.timeoutMs);
  const path = step?.path ?? [];
  // What happens because the run fails is limited only by itself.
  const around = state.failing ? path.slice(path.findLastIndex(({ role }) => role === 'compensate') + 1) : path;
  if (!state.failing) moments.add(state.startedAt, plan.timeoutMs);
  for (const { owner } of around) {
    const under = state.steps[owner!.name];
    if (!under?.taken) moments.add(under?.startedAt, owner!.timeoutMs);
  }
  return moments.soonest();
};

const makeMoments = () => {
  let soonest: number | undefined;
  return {
    /** Nothing if either is unknown. */
    add: (since: string | undefined, lengthMs: number | undefined): void => {
      if (since === undefined || lengthMs === undefined) return;
      const moment = Date.parse(since) + lengthMs;
      soonest = soonest === undefined ? moment : Math.min(soonest, moment);
    },
    soonest: (): Date | undefined => (soonest === undefined ? undefined : new Date(soonest)),
  };
};
