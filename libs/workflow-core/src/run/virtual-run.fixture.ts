import { Failure, type NewRunEvent, type Problem, type RunEvent, type RunRequested } from '@nightshift/contracts';
import { checkDocument } from '../document/check-document.ts';
import { parseDocument } from '../document/parse-document.ts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import type { Effect } from '../steps/effect.ts';
import { decideFinish } from './decide-finish.ts';
import type { FailedAttempt } from './decide-failure.ts';
import { decideRound, decideRoundEnd, hasNextItem } from './decide-round.ts';
import { decideStep, type StepOutcome } from './decide-step.ts';
import { evolve } from './evolve.ts';
import { nextMoves, nextMovesInside, type Move } from './next-moves.ts';
import { deadlineOf, nextWake } from './next-wake.ts';
import { eventPlaceOf, iterationOf } from './place.ts';
import { compileWorkflow, type Plan, type PlanStep } from './plan.ts';
import { initialState, isEnded, type KnownRun, type RunState } from './run-state.ts';
import { scopeOf } from './scope-of.ts';

/** What the world answers to a step that reaches outside. `tookMs`: the effect takes so long; no time if absent. */
export type Answer = StepOutcome & { readonly tookMs?: number };

/**
 * What the world answers, by step: `pay`, or more exactly `pay#2` (its second attempt), `pay@1` (its execution in that iteration),
 * `pay@1#2`. A step that is not in it succeeds; a lock is free, or is
 * once its holder's time is over.
 */
export interface World {
  readonly answers?:
    Readonly<Record<string, Answer>> | ((step: string, iteration: string, attempt: number) => Answer | undefined);
  /** Events for steps that wait for one; they come when the run rests. */
  readonly events?: Readonly<Record<string, unknown>>;
}

/** The history of a run, and where between its events it may have been interrupted. */
export interface VirtualRun {
  readonly events: readonly RunEvent[];
  /** Lengths that the history had between two appends. */
  readonly boundaries: readonly number[];
  readonly state: KnownRun;
}

export const startAt = '2026-11-20T10:00:00.000Z';

const request: RunRequested = {
  workflow: 'w',
  workflowVersion: 1,
  parameters: { a: 1 },
  cause: { kind: 'api' },
  chainId: 'chain',
  iteration: 1,
  depth: 0,
};

/** Compiles the steps of a workflow, or a whole one, that must be right. */
export const planOf = (yaml: string): Plan => {
  const whole = yaml.trimStart().startsWith('-') ? `do:\n${yaml}` : yaml;
  const parsed = parseDocument(`workflow: w\n${whole}`, 'yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.violations));
  const checked = checkDocument(parsed.value, {
    types: [{ name: 'thing', fields: { n: { kind: 'number' } } }],
    workflows: [{ name: 'child' }],
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.violations, undefined, 2));
  return compileWorkflow(checked.document);
};

export const problemOf = (code: string, status = 500): Problem => ({ type: code, title: code, status, code });

/** A failure that may pass. */
export const failing = (code = 'http.status', status = 503, more: Partial<FailedAttempt> = {}): Answer => ({
  kind: 'failed',
  problem: problemOf(code, status),
  canRetry: true,
  ...more,
});

/** A failure that stays. */
export const failingForGood = (code = 'http.status', status = 400): Answer =>
  failing(code, status, { canRetry: false });

export const giving = (result: unknown): Answer => ({ kind: 'completed', result });

export const requested = (data: Partial<RunRequested> = {}): NewRunEvent => ({
  type: 'RunRequested',
  data: { ...request, ...data },
});

/** The events as the ledger would hold them after the history. */
export const appended = (
  history: readonly RunEvent[],
  events: readonly NewRunEvent[],
  at = history.at(-1)?.at ?? startAt,
): RunEvent[] => [
  ...history,
  ...events.map((event, index) => ({ ...event, runId: 'run', version: history.length + index + 1, at }) as RunEvent),
];

export const fold = (plan: Plan, events: readonly RunEvent[]): RunState =>
  events.reduce((state, event) => evolve(plan, state, event), initialState);

/** No run of a test makes so many moves: it would go round and round. */
const MOST_MOVES = 5000;

/**
 * Goes on from a history as an executor does, until the run has ended or nothing but what comes from outside could move it. Time passes only
 * where an effect takes some, and where the run rests until a timer.
 */
export const walk = async (plan: Plan, world: World = {}, history: readonly RunEvent[] = []): Promise<VirtualRun> => {
  let events = history.length > 0 ? [...history] : appended([], [requested()]);
  let state = fold(plan, events) as KnownRun;
  let now = new Date(events.at(-1)!.at);
  const boundaries = [events.length];
  let soughtInVain = new Set<string>();

  const append = (added: readonly NewRunEvent[]): void => {
    if (added.length === 0) throw new Error(`nothing is decided at version ${events.length}`);
    const before = events.length;
    events = appended(events, added, now.toISOString());
    state = events.slice(before).reduce<RunState>((folded, event) => evolve(plan, folded, event), state) as KnownRun;
    boundaries.push(events.length);
    soughtInVain = new Set();
  };
  const env = (): EvaluationEnv => ({ now, random: () => 0.5, uuid: () => 'a-uuid' });

  for (let moves = 0; moves < MOST_MOVES; moves++) {
    if (isEnded(state.status)) return { events, boundaries, state };
    const move = nextMoves(plan, state, now).find(
      (next) => next.kind !== 'collect' || !soughtInVain.has(next.step.name),
    );
    if (!move) {
      const wake = nextWake(plan, state);
      const awaiting = Object.keys(state.steps).find(
        (name) => state.steps[name]!.awaited?.kind === 'event' && Object.hasOwn(world.events ?? {}, name),
      );
      if (awaiting !== undefined && state.status === 'running') {
        append([{ type: 'EventReceived', data: { step: awaiting, event: world.events![awaiting] } }]);
      } else if (wake) {
        if (wake <= now && state.reachedMs >= wake.getTime()) throw new Error('woken in vain');
        now = new Date(Math.max(now.getTime(), wake.getTime()));
        append([{ type: 'TimerFired', data: { dueAt: wake.toISOString(), lateMs: 0 } }]);
      } else return { events, boundaries, state };
      continue;
    }
    switch (move.kind) {
      case 'record':
        append(move.events);
        break;
      case 'collect': {
        const answer = answerTo(world, state, move.step) ?? ended(move.step, move.awaited);
        if (answer.kind === 'locked' && Date.parse(answer.until) <= now.getTime())
          append(decideStep(state, move.step, { kind: 'entered', lock: answer.lock }, { now }));
        else if (answer.kind === 'calling' || ('until' in move.awaited && isSame(answer, move.awaited)))
          soughtInVain.add(move.step.name);
        else append(decideStep(state, move.step, answer, { now }));
        break;
      }
      case 'step': {
        const announcesNow = move.step.announcesStart && !move.isStartRecorded && !isEntered(move.step);
        const outcome = await attempt(plan, state, move, world, now, env(), announcesNow);
        if (outcome === 'announce') {
          append([{ type: 'StepStarted', data: { ...eventPlaceOf(state, move.step), attempt: move.attempt } }]);
          break;
        }
        const { tookMs = 0, ...settled } = outcome;
        const deadline = deadlineOf(plan, state, move.step.name);
        const doneAt = new Date(now.getTime() + tookMs);
        if (deadline && deadline <= doneAt && deadline > now) now = deadline;
        else {
          now = doneAt;
          const { events: before = [], ...last } = settled as StepOutcome & { events?: NewRunEvent[] };
          append([...before, ...decideStep(state, move.step, last, { now })]);
        }
        break;
      }
      case 'round':
      case 'roundEnd':
        append(await atRound(state, move, env()));
        break;
      case 'finish':
        append(await finish(plan, state, env()));
        break;
    }
  }
  throw new Error(`the run goes round and round: ${outline(events.slice(-20)).join(', ')}`);
};

const isSame = (answer: Answer, { until }: { until: string }): boolean =>
  answer.kind === 'locked' && answer.until === until;

const isEntered = ({ block }: PlanStep): boolean => block !== undefined && block.kind !== 'transaction';

const answerTo = ({ answers = {} }: World, state: KnownRun, step: PlanStep): Answer | undefined => {
  const iteration = iterationOf(state, step);
  const attemptNo = state.steps[step.name]?.attempt ?? 1;
  const { name } = step;
  if (typeof answers === 'function') return answers(name, iteration ?? '', attemptNo);
  const keys = [`${name}@${iteration}#${attemptNo}`, `${name}@${iteration}`, `${name}#${attemptNo}`, name];
  const key = keys.find((candidate) => Object.hasOwn(answers, candidate));
  return key === undefined ? undefined : answers[key];
};

const ended = (step: PlanStep, awaited: { kind: string; lock?: string }): Answer =>
  awaited.kind === 'lock' ? { kind: 'entered', lock: awaited.lock! } : giving(`${step.name} was called`);

const attempt = async (
  plan: Plan,
  state: KnownRun,
  { step, isConditionMet }: Extract<Move, { kind: 'step' }>,
  world: World,
  now: Date,
  env: EvaluationEnv,
  announcesNow: boolean,
): Promise<Answer | 'announce'> => {
  const scope = scopeOf(state, step);
  try {
    if (step.condition && !isConditionMet && !isMet(await step.condition.evaluate(scope, env)))
      return { kind: 'skipped', reason: `not met: ${step.condition.source}` };
    if (announcesNow) return 'announce';
    if (step.block?.kind === 'transaction') return await throughTransaction(plan, state, step, world, env);
    if (step.block) return await entering(step, scope, env, answerTo(world, state, step));
    const effect = step.action!.prepare(await step.action!.input.evaluate({ ...scope, secrets: {} }, env));
    if (effect.kind === 'refused') return { kind: 'failed', problem: effect.problem, canRetry: false };
    return answerTo(world, state, step) ?? usually(effect, step, now);
  } catch (error) {
    return failureOf(error);
  }
};

const failureOf = (error: unknown): Answer & FailedAttempt => {
  if (!(error instanceof Failure)) throw error;
  return { kind: 'failed', problem: error.toProblem(), canRetry: error.canRetry };
};

const usually = (effect: Effect, step: PlanStep, now: Date): Answer => {
  switch (effect.kind) {
    case 'value':
      return giving(effect.value);
    case 'raise':
      return { kind: 'failed', problem: effect.problem, canRetry: false };
    case 'stop':
      return { kind: 'stopped', result: effect.result };
    case 'wait':
      return {
        kind: 'waiting',
        until: effect.until ?? new Date(now.getTime() + effect.durationMs!).toISOString(),
      };
    case 'waitFor':
      return { kind: 'awaiting', event: { type: effect.event, key: effect.key } };
    case 'call':
      return { kind: 'calling', calledRunId: `called by ${step.name}` };
    case 'log':
    case 'progress':
      return { kind: 'completed' };
    default:
      return giving(`${step.name} was done`);
  }
};

const entering = async (
  { block }: PlanStep,
  scope: Scope,
  env: EvaluationEnv,
  answer: Answer | undefined,
): Promise<Answer> => {
  switch (block!.kind) {
    case 'switch':
      for (const { name: branch, when } of block!.cases)
        if (!when || isMet(await when.evaluate(scope, env))) return { kind: 'entered', branch };
      return { kind: 'skipped', reason: 'no case is met' };
    case 'for': {
      if (!block!.items) return { kind: 'entered' };
      const items = (await block!.items.evaluate(scope, env)) ?? [];
      return { kind: 'entered', items: Array.isArray(items) ? items : [items] };
    }
    case 'lock':
      return answer ?? { kind: 'entered', lock: String(await block!.name.evaluate(scope, env)) };
    default:
      return { kind: 'entered' };
  }
};

const atRound = async (
  state: KnownRun,
  { kind, step }: Extract<Move, { kind: 'round' | 'roundEnd' }>,
  env: EvaluationEnv,
): Promise<NewRunEvent[]> => {
  const { block } = step;
  if (block?.kind !== 'for') throw new Error(`${step.name} is no loop`);
  try {
    if (kind === 'roundEnd') {
      const scope = scopeOf(state, block.bodies[0]!.steps[0]!);
      const result = await block.result?.evaluate(scope, env);
      return decideRoundEnd(state, step, result === undefined ? {} : { result }, env.now);
    }
    if (!hasNextItem(state, step)) return decideRound(state, step, false, env.now);
    const loop = state.steps[step.name]!.loop!;
    const scope = {
      ...scopeOf(state, step),
      [block.each]: loop.items?.[loop.index + 1],
      [block.at]: loop.index + 1,
      previous: loop.returned.at(-1),
    };
    const isNext = block.while === undefined || isMet(await block.while.evaluate(scope, env));
    return decideRound(state, step, isNext, env.now);
  } catch (error) {
    return decideRoundEnd(state, step, failureOf(error), env.now);
  }
};

const finish = async (plan: Plan, state: KnownRun, env: EvaluationEnv): Promise<NewRunEvent[]> => {
  try {
    return decideFinish(state, { result: await plan.result?.evaluate(scopeOf(state), env) });
  } catch (error) {
    return decideFinish(state, failureOf(error));
  }
};

/** Its steps are gone through on a copy of the state; what happened counts only if none of them failed. */
const throughTransaction = async (
  plan: Plan,
  from: KnownRun,
  step: PlanStep,
  world: World,
  env: EvaluationEnv,
): Promise<Answer> => {
  let state = from;
  const events: NewRunEvent[] = [];
  const add = (happened: readonly NewRunEvent[]): void => {
    for (const event of happened) {
      events.push(event);
      const [placed] = appended([], [event], env.now.toISOString());
      state = evolve(plan, state, { ...placed!, version: state.version + 1 } as RunEvent) as KnownRun;
    }
  };
  if (state.steps[step.name]?.startedAt === undefined) add(decideStep(state, step, { kind: 'entered' }, env));
  for (;;) {
    const move = nextMovesInside(plan, state, step, env.now)[0]!;
    const last = move.kind === 'record' ? move.events[0]! : undefined;
    if (last?.type === 'StepCompleted' && last.data.step === step.name)
      return { kind: 'completed', result: last.data.result, events } as Answer;
    const happened =
      move.kind === 'step'
        ? decideStep(
            state,
            move.step,
            (await attempt(plan, state, move, world, env.now, env, false)) as StepOutcome,
            env,
          )
        : move.kind === 'record'
          ? move.events
          : await atRound(state, move as Extract<Move, { kind: 'round' | 'roundEnd' }>, env);
    const failure = happened.find(({ type }) => type === 'StepFailed' || type === 'StepRetried');
    if (failure) return failing('', 0, { problem: (failure.data as FailedAttempt).problem, canRetry: false });
    add(happened);
  }
};

/** One line per event: `StepCompleted pay@1#2` is its completion in iteration 1 at the second attempt. */
export const outline = (events: readonly RunEvent[]): string[] =>
  events.map(({ type, data }) => {
    const { step, iteration, attempt: attemptNo = 1, ...more } = data as Record<string, string & number>;
    const place = step === undefined ? '' : ` ${step}${iteration === undefined ? '' : `@${iteration}`}`;
    const which = attemptNo > 1 ? `#${attemptNo}` : '';
    const detail = more['branch'] ?? more['index'] ?? more['handledBy'] ?? problemIn(data);
    return `${type}${place}${which}${detail === undefined ? '' : ` ${detail}`}`;
  });

const problemIn = (data: object): string | undefined => (data as { problem?: Problem }).problem?.code;

/** What the run did, without how it came to it. */
export const deeds = (events: readonly RunEvent[]): string[] => outline(events.filter(({ type }) => !hidden.has(type)));

const hidden = new Set<string>([
  'RunRequested',
  'RunStarted',
  'StepStarted',
  'TimerFired',
  'IterationStarted',
  'IterationCompleted',
]);

/** What a step gave, in the order of its executions. */
export const resultsOf = (events: readonly RunEvent[], step: string): unknown[] =>
  events.flatMap((event) => (event.type === 'StepCompleted' && event.data.step === step ? [event.data.result] : []));

/** How long a virtual run took, in seconds. */
export const secondsOf = (events: readonly RunEvent[]): number =>
  (Date.parse(events.at(-1)!.at) - Date.parse(events[0]!.at)) / 1000;
