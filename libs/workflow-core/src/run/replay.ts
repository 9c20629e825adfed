import type { RunEvent } from '@nightshift/contracts';
import { evolve } from './evolve.ts';
import { describeEvent, type Foreseen } from './foreseen.ts';
import { foresee } from './foresee.ts';
import type { Evaluating } from './outlook.ts';
import type { Plan } from './plan.ts';
import { initialState, type RunState } from './run-state.ts';

/** Whether a plan leads the way that a run went. */
export type Replay =
  | { readonly agrees: true }
  | {
      readonly agrees: false;
      /** Of the first event that the plan does not lead to. */
      readonly version: number;
      /** The step that this event is about; absent: the run as a whole. */
      readonly step?: string;
      /** What the plan leads to there, in words. */
      readonly expected: string;
      /** What happened, in words. */
      readonly found: string;
    };

/**
 * What only happens because an executor decided so. Everything else (a timer, a cancellation, an event from outside) comes from others, and
 * is taken as it came.
 */
const decided: ReadonlySet<RunEvent['type']> = new Set([
  'RunStarted',
  'StepStarted',
  'StepCompleted',
  'StepSkipped',
  'StepFailed',
  'StepRetried',
  'StepCompensated',
  'CompensationFailed',
  'IterationStarted',
  'IterationCompleted',
  'BranchCompleted',
  'WaitStarted',
  'AnswerGiven',
  'LogWritten',
  'ProgressReported',
  'RunSucceeded',
  'RunFailed',
]);

/**
 * Follows a run's history with a plan, which may be that of another version, and finds the first event that the plan would not have led to.
 * What reached outside is taken as it went: the results of effects, and whatever depends on the clock or on chance. Everything else is
 * computed anew: conditions, cases, the rounds of loops, values, what failures lead to. A history of an open run may end anywhere.
 *
 * A promise only if some expression needs one.
 * @throws whatever an expression throws that is not its own failure
 */
export const replayHistory = (plan: Plan, events: readonly RunEvent[]): Replay | Promise<Replay> =>
  drive(replaying(plan, events), undefined);

const drive = <T>(replay: Evaluating<T>, value: unknown): T | Promise<T> => settle(replay, () => replay.next(value));

const settle = <T>(replay: Evaluating<T>, resume: () => IteratorResult<unknown, T>): T | Promise<T> => {
  let next = resume();
  while (!next.done) {
    const given = evaluate(next.value as () => unknown);
    if ('value' in given && given.value instanceof Promise) {
      return given.value.then(
        (value: unknown) => drive(replay, value),
        (error: unknown) => settle(replay, () => replay.throw(error)),
      );
    }
    next = 'error' in given ? replay.throw(given.error) : replay.next(given.value);
  }
  return next.value;
};

const evaluate = (expression: () => unknown): { value: unknown } | { error: unknown } => {
  try {
    return { value: expression() };
  } catch (error) {
    return { error };
  }
};

function* replaying(plan: Plan, events: readonly RunEvent[]): Evaluating<Replay> {
  let state: RunState = initialState;
  let before = '';
  /** What must come next, because it was decided together with the event before. */
  let together: Foreseen | undefined;
  for (const event of events) {
    if (decided.has(event.type)) {
      const foreseen: Foreseen[] = together ? [together] : yield* foresee(plan, state, new Date(event.at));
      let fitting = foreseen.find(({ fits }) => fits(event));
      // An event is a little later than its decision: a time limit may have been reached in between.
      if (!fitting && !together)
        fitting = (yield* foresee(plan, state, new Date(before))).find(({ fits }) => fits(event));
      if (!fitting) return difference(event, foreseen);
      together = fitting.then;
    }
    before = event.at;
    state = evolve(plan, state, event);
  }
  return { agrees: true };
}

const difference = (event: RunEvent, foreseen: readonly Foreseen[]): Replay => ({
  agrees: false,
  version: event.version,
  ...('step' in event.data && { step: event.data.step }),
  expected: [...new Set(foreseen.map(({ toText }) => toText(event)))].join(', or ') || 'nothing',
  found: describeEvent(event),
});
