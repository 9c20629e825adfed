import type { RunEvent } from '@nightshift/contracts';
import { branchSequence, iterationOf, undoing, variablesOf } from './place.ts';
import { withInner, type Plan, type PlanSequence, type PlanStep } from './plan.ts';
import type { Awaited, LoopState, RunFacts, StepState, TakenFailure, Undo } from './run-state.ts';

/** An event of one step; whatever else happens, happens to the run as a whole. */
type StepEvent = Extract<RunEvent, { data: { step: string } }>;

/** What an event changes in how far a run is. */
export const evolveSteps = <State extends RunFacts>(plan: Plan, state: State, event: StepEvent): State => {
  const next: Draft = { ...state, version: event.version };
  const step = plan.steps.get(event.data.step);
  if (!step) return next as State;
  const under = state.steps[step.name];

  switch (event.type) {
    case 'StepStarted':
      started(next, step, event);
      break;
    case 'StepCompleted':
      // What a `catch` has taken was not done.
      if (step.compensate && !under?.taken) next.undo = [...next.undo, undoOf(state, step, event.data.result)];
      leave(next, step, event.data.result);
      break;
    case 'StepSkipped':
      leave(next, step, undefined);
      break;
    case 'StepRetried': {
      const { attempt, problem, retryAt } = event.data;
      const undo = takeUndo(plan, next, step);
      close(next, step.inner);
      const { countedFrom, isConditionMet } = underWay(under);
      put(next, step, {
        attempt: attempt + 1,
        countedFrom,
        ...(isConditionMet && { isConditionMet }),
        awaited: { kind: 'retry', until: retryAt },
        ...(undo.length > 0 && { taken: { step: step.name, attempt, problem, undo } }),
      });
      openUndoing(plan, next, undo);
      break;
    }
    case 'StepFailed':
      failed(plan, next, event.data);
      break;
    case 'IterationStarted':
      close(next, step.inner);
      open(next, step.block?.bodies[0]);
      setLoop(next, step, { index: event.data.index, isInRound: true });
      break;
    case 'IterationCompleted': {
      const { result = null } = event.data;
      close(next, step.inner);
      setLoop(next, step, { isInRound: false, returned: [...(under?.loop?.returned ?? []), result] });
      break;
    }
    case 'BranchCompleted': {
      const { branch, result = null } = event.data;
      put(next, step, { ...underWay(under), branches: { ...under?.branches, [branch]: result } });
      break;
    }
    case 'WaitStarted': {
      const { until, calledRunId, event: awaitedEvent, lock } = event.data;
      const since = under?.awaited?.kind === 'lock' ? under.awaited.since : event.at;
      const awaited: StepState['awaited'] =
        calledRunId !== undefined
          ? { kind: 'run', calledRunId }
          : awaitedEvent
            ? { kind: 'event' }
            : until === undefined
              ? undefined
              : lock === undefined
                ? { kind: 'time', until }
                : { kind: 'lock', lock, until, since };
      if (awaited) put(next, step, { ...underWay(under), awaited });
      break;
    }
    case 'EventReceived':
      if (under?.awaited?.kind === 'event')
        put(next, step, { ...under, awaited: { kind: 'received', event: event.data.event } });
      break;
    case 'StepCompensated':
    case 'CompensationFailed':
      undone(plan, next, step);
      break;
    case 'AnswerGiven':
    case 'LogWritten':
    case 'ProgressReported':
      break;
  }
  return next as State;
};

type Draft = { -readonly [Key in keyof RunFacts]: RunFacts[Key] };

const fresh: StepState = { attempt: 1, countedFrom: 1 };

const underWay = (state: StepState | undefined): StepState => state ?? fresh;

const put = (next: Draft, { name }: PlanStep, state: StepState): void => {
  next.steps = { ...next.steps, [name]: state };
};

const open = (next: Draft, sequence: PlanSequence | undefined): void => {
  if (sequence) next.positions = { ...next.positions, [sequence.id]: 0 };
};

const started = (next: Draft, step: PlanStep, { at, data }: RunEvent & { type: 'StepStarted' }): void => {
  const { attempt, branch, items, lock } = data;
  const { countedFrom, awaited } = underWay(next.steps[step.name]);
  const loop: LoopState | undefined =
    step.block?.kind === 'for' ? { ...(items && { items }), index: -1, isInRound: false, returned: [] } : undefined;
  put(next, step, {
    attempt,
    countedFrom,
    isConditionMet: true,
    startedAt: awaited?.kind === 'lock' ? awaited.since : at,
    ...(branch !== undefined && { branch }),
    ...(lock !== undefined && { lock }),
    ...(loop && { loop }),
  });
  if (!step.block) return;
  if (step.block.kind === 'switch') open(next, branchSequence(step, branch));
  else if (step.block.kind !== 'for')
    for (const body of step.block.bodies) {
      // A run that was retried takes its lock again, and goes on inside of it.
      if (!(body.id in next.positions)) open(next, body);
    }
};

/** The step is done: what is inside of it is closed, and its sequence goes on. */
const leave = (next: Draft, step: PlanStep, result: unknown): void => {
  // What a loop's rounds gave went with them; what other blocks' steps gave stays in scope.
  if (step.inner.length > 0) closeSequences(next, step.inner);
  if (step.name in next.steps) next.steps = without(next.steps, [step.name]);
  next.positions = { ...next.positions, [step.sequence.id]: step.index + 1 };
  if (result !== undefined) next.results = { ...next.results, [step.name]: result };
  else if (step.name in next.results) next.results = without(next.results, [step.name]);
};

/** Closes the sequences, and forgets what their steps gave. */
const close = (next: Draft, sequences: readonly PlanSequence[]): void => {
  const names = namesIn(sequences);
  closeSequences(next, sequences);
  if (names.some((name) => name in next.results)) next.results = without(next.results, names);
};

const closeSequences = (next: Draft, sequences: readonly PlanSequence[]): void => {
  next.positions = without(
    next.positions,
    sequences.map(({ id }) => id),
  );
  next.steps = without(next.steps, namesIn(sequences));
};

const namesIn = (sequences: readonly PlanSequence[]): string[] =>
  sequences.flatMap(({ steps }) => steps.map(({ name }) => name));

const without = <T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> => {
  const rest = { ...record };
  for (const key of keys) delete rest[key];
  return rest;
};

const setLoop = (next: Draft, step: PlanStep, change: Partial<LoopState>): void => {
  const under = underWay(next.steps[step.name]);
  const loop = under.loop ?? { index: -1, isInRound: false, returned: [] };
  put(next, step, { ...under, loop: { ...loop, ...change } });
};

/** The failure is its handler's, or the run's; what is to be undone first is inside of the handler. */
const failed = (plan: Plan, next: Draft, data: (RunEvent & { type: 'StepFailed' })['data']): void => {
  const { step, attempt, problem, handledBy } = data;
  const handler = handledBy === undefined ? undefined : plan.steps.get(handledBy);
  const taken: TakenFailure = { step, attempt, problem, undo: takeUndo(plan, next, handler) };
  if (handler) {
    closeSequences(next, handler.inner);
    const { attempt: handlersAttempt, countedFrom, startedAt } = underWay(next.steps[handler.name]);
    put(next, handler, { attempt: handlersAttempt, countedFrom, ...(startedAt && { startedAt }), taken });
    open(next, handler.catch?.body);
  } else next.failing = taken;
  openUndoing(plan, next, taken.undo);
};

/**
 * Takes what is to be undone when `handler`, or else the run, takes a failure: what was completed in this execution of the handler, and
 * what a handler inside of it was about to undo, which it now cannot.
 */
const takeUndo = (plan: Plan, next: Draft, handler: PlanStep | undefined): Undo[] => {
  const execution = handler && iterationOf(next, handler);
  const isTaken = ({ step, iteration }: Undo): boolean =>
    handler === undefined || (isInside(plan, step, handler) && isWithin(iteration, execution));
  const undo = next.undo.filter(isTaken);
  if (undo.length > 0) next.undo = next.undo.filter((entry) => !isTaken(entry));
  for (const [name, state] of Object.entries(next.steps)) {
    if (!state.taken || state.taken.undo.length === 0 || (handler && !isInside(plan, name, handler))) continue;
    undo.push(...state.taken.undo);
    next.steps = { ...next.steps, [name]: withUndo(state, state.taken, []) };
  }
  return undo;
};

/** Whether an execution of a step is part of that execution of a step around it. */
const isWithin = (iteration: string | undefined, execution: string | undefined): boolean =>
  execution === undefined || iteration === execution || (iteration?.startsWith(`${execution}.`) ?? false);

/** A block that is undone is as any other that waits for its next round; a `catch` goes on to what it does. */
const withUndo = (state: StepState, taken: TakenFailure, undo: readonly Undo[]): StepState => {
  const { taken: _, ...rest } = state;
  return undo.length === 0 && state.awaited ? rest : { ...rest, taken: { ...taken, undo } };
};

const openUndoing = (plan: Plan, next: Draft, undo: readonly Undo[]): void => {
  const sequence = undoing(plan, { undo });
  if (!sequence) return;
  close(next, withInner(sequence));
  open(next, sequence);
};

/** The undoing of a step is over, well or badly: the one before it is next. */
const undone = (plan: Plan, next: Draft, step: PlanStep): void => {
  const isUndoing = (taken: TakenFailure | undefined): taken is TakenFailure => taken?.undo.at(-1)?.step === step.name;
  if (step.compensate) close(next, withInner(step.compensate));
  if (isUndoing(next.failing)) {
    const undo = next.failing.undo.slice(0, -1);
    next.failing = { ...next.failing, undo };
    return openUndoing(plan, next, undo);
  }
  for (const [name, state] of Object.entries(next.steps)) {
    if (!isUndoing(state.taken)) continue;
    const undo = state.taken.undo.slice(0, -1);
    next.steps = { ...next.steps, [name]: withUndo(state, state.taken, undo) };
    return openUndoing(plan, next, undo);
  }
};

/**
 * What a failed run is taken up again with: the step that failed is next once more (a block from its beginning), locks are taken again, and
 * time limits and attempts count from now.
 */
export const retrySteps = <State extends RunFacts>(plan: Plan, state: State, at: string): State => {
  const next: Draft = { ...state };
  const { failing } = state;
  const failed = failing && plan.steps.get(failing.step);
  const isConditionMet = failed && next.steps[failed.name]?.isConditionMet;
  if (failed) close(next, failed.inner);
  next.steps = Object.fromEntries(Object.entries(next.steps).map(([name, step]) => [name, fromNowOn(step, at)]));
  if (failed) {
    const attempt = failing.attempt + 1;
    put(next, failed, { attempt, countedFrom: attempt, ...(isConditionMet && { isConditionMet }) });
  }
  return next as State;
};

const fromNowOn = ({ lock, ...step }: StepState, at: string): StepState => {
  const awaited: Awaited | undefined =
    lock !== undefined
      ? { kind: 'lock', lock, until: at, since: at }
      : step.awaited?.kind === 'lock'
        ? { ...step.awaited, since: at }
        : step.awaited;
  return {
    ...step,
    countedFrom: step.attempt,
    ...(step.startedAt !== undefined && { startedAt: at }),
    ...(awaited && { awaited }),
  };
};

/** Whether the step called `name` is the other one, or inside of its block or its `catch`. */
const isInside = (plan: Plan, name: string, other: PlanStep): boolean =>
  name === other.name || (plan.steps.get(name)?.path.some(({ owner }) => owner?.name === other.name) ?? false);

const undoOf = (state: RunFacts, step: PlanStep, result: unknown): Undo => {
  const iteration = iterationOf(state, step);
  return {
    step: step.name,
    ...(iteration !== undefined && { iteration }),
    results: result === undefined ? state.results : { ...state.results, [step.name]: result },
    variables: variablesOf(state, step),
  };
};
