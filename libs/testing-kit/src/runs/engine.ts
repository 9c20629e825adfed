import { Failure, type NewRunEvent, type RunEvent } from '@nightshift/contracts';
import {
  decideStep,
  evolve,
  initialState,
  isEnded,
  isMet,
  iterationOf,
  nextMoves,
  nextWake,
  scopeOf,
  type EvaluationEnv,
  type KnownRun,
  type Move,
  type PlanStep,
  type RunState,
} from '@nightshift/workflow-core';
import type { Clock } from '../clock.ts';
import type { Definitions } from '../definitions.ts';
import type { Perform } from '../effects/performers.ts';
import { enterBlock } from './enter-block.ts';
import { finishRound, finishRun, startRound } from './evaluate-moves.ts';
import type { Locks } from './locks.ts';
import { failed, type Delayed, type Occasion, type Performed } from './performed.ts';
import { hasEnded, type RequestedRun, type RunRecord } from './run-record.ts';
import type { PerformTransaction } from './transaction.ts';

export interface EngineDeps {
  clock: Clock;
  env: () => EvaluationEnv;
  definitions: Definitions;
  locks: Locks;
  secrets: Readonly<Record<string, string>>;
  perform: Perform;
  performTransaction: PerformTransaction;
  /** An event that came before the run waited for it; undefined: there is none. */
  keptEvent: (run: RunRecord, awaited: { type: string; key: string }) => { id: string; event: unknown } | undefined;
}

/** Takes runs as far as they go, one after the other, by the platform's own rules. */
export interface Engine {
  readonly runs: ReadonlyMap<string, RunRecord>;
  request(run: RequestedRun): RunRecord;
  /** Records what somebody else has done to a run, and has it looked at. */
  append(run: RunRecord, events: readonly NewRunEvent[]): void;
  wake(run: RunRecord): void;
  /** Until no run can go on by itself. */
  settle(): Promise<void>;
}

/** No workflow of a test makes so many moves in one moment: it would go round and round. */
const MOST_MOVES = 100_000;

export const makeEngine = (deps: EngineDeps): Engine => {
  const { clock, env, definitions, locks, secrets, perform, performTransaction, keptEvent } = deps;
  const runs = new Map<string, RunRecord>();
  const ready = new Set<RunRecord>();

  const wake = (run: RunRecord): void => {
    run.soughtInVain.clear();
    ready.add(run);
  };

  const lockNames = ({ status, ...state }: RunState): Set<string> => {
    const steps = isEnded(status) || !('steps' in state) ? {} : state.steps;
    return new Set(
      Object.values(steps).flatMap(({ lock, awaited }) => [
        ...(lock === undefined ? [] : [lock]),
        ...(awaited?.kind === 'lock' ? [awaited.lock] : []),
      ]),
    );
  };
  const giveBack = (run: RunRecord, before: ReadonlySet<string>): void => {
    const after = lockNames(run.state);
    for (const name of before) {
      const next = after.has(name) ? undefined : locks.release(name, run.id);
      if (next !== undefined) wake(runs.get(next)!);
    }
  };

  const append = (run: RunRecord, events: readonly NewRunEvent[]): void => {
    const before = lockNames(run.state);
    const wasEnded = hasEnded(run);
    for (const event of events) {
      const { id: runId, state } = run;
      const placed = { ...event, runId, version: state.version + 1, at: clock.now().toISOString() } as RunEvent;
      run.events.push(structuredClone(placed));
      run.state = evolve(run.definition.plan, run.state, placed) as KnownRun;
    }
    giveBack(run, before);
    wake(run);
    if (hasEnded(run) && !wasEnded) for (const tell of run.onEnd.splice(0)) tell();
  };

  const request = ({ runId, requested, held }: RequestedRun): RunRecord => {
    const definition =
      requested.version === 'latest'
        ? definitions.published(requested.workflow)
        : definitions.version(requested.workflow, requested.workflowVersion);
    const at = clock.now().toISOString();
    const first = { type: 'RunRequested', data: requested, runId, version: 1, at } as RunEvent;
    const run: RunRecord = {
      id: runId,
      definition,
      events: [structuredClone(first)],
      state: evolve(definition.plan, initialState, first) as KnownRun,
      flying: new Map(),
      soughtInVain: new Set(),
      heard: new Set(),
      onEnd: [],
    };
    runs.set(runId, run);
    if (held) append(run, [{ type: 'RunPaused', data: held }]);
    const { cause } = requested;
    if (cause.kind === 'call') run.onEnd.push(() => wake(runs.get(cause.runId)!));
    wake(run);
    return run;
  };

  /** Nothing moves the run now: it is looked at again at its moment. */
  const rest = (run: RunRecord): void => {
    run.waking?.cancel();
    const { state } = run;
    const at =
      state.status === 'scheduled'
        ? state.requested.dueAt && new Date(state.requested.dueAt)
        : nextWake(run.definition.plan, state);
    run.waking = at
      ? clock.plan(at.getTime(), () =>
          append(run, [{ type: 'TimerFired', data: { dueAt: at.toISOString(), lateMs: 0 } }]),
        )
      : undefined;
  };

  const takeKept = (run: RunRecord): boolean => {
    if (run.state.status !== 'running') return false;
    for (const [step, { awaited }] of Object.entries(run.state.steps)) {
      if (awaited?.kind !== 'event') continue;
      const waited = run.events.findLast((event) => event.type === 'WaitStarted' && event.data.step === step);
      const wanted = waited?.type === 'WaitStarted' ? waited.data.event : undefined;
      const kept = wanted && keptEvent(run, wanted);
      if (!kept) continue;
      run.heard.add(kept.id);
      append(run, [{ type: 'EventReceived', data: { step, event: kept.event } }]);
      return true;
    }
    return false;
  };

  const settleStep = (run: RunRecord, step: PlanStep, { outcome, events = [], afterwards }: Performed): void => {
    const decided = decideStep(run.state, step, outcome, env());
    if (decided.length === 0) return;
    append(run, [...events, ...decided]);
    afterwards?.();
  };

  const takeOff = (run: RunRecord, step: PlanStep, attempt: number, { afterMs, performed }: Delayed): void => {
    run.flying.set(step.name, attempt);
    clock.plan(clock.now().getTime() + afterMs, () => {
      if (run.flying.get(step.name) !== attempt) return;
      run.flying.delete(step.name);
      if (run.state.steps[step.name]?.attempt === attempt) settleStep(run, step, performed);
      wake(run);
    });
  };

  const act = async (run: RunRecord, step: PlanStep, attempt: number): Promise<Performed | Delayed> => {
    const { state, definition } = run;
    const iteration = iterationOf(state, step);
    const occasion: Occasion = {
      runId: run.id,
      requested: state.requested,
      definition,
      step: step.name,
      ...(iteration !== undefined && { iteration }),
      attempt,
    };
    if (step.block?.kind === 'transaction') return performTransaction(state, step, occasion);
    const scope = scopeOf(state, step);
    if (step.block) return enterBlock(locks, run.id, step, scope, env());
    const { input, prepare, secrets: names } = step.action!;
    const missing = names.find((name) => !Object.hasOwn(secrets, name));
    if (missing !== undefined) throw new Failure('secret.not_found', { detail: `There is no secret ${missing}` });
    const effect = prepare(await input.evaluate(names.length > 0 ? { ...scope, secrets } : scope, env()));
    if (effect.kind === 'refused') return { outcome: { kind: 'failed', problem: effect.problem, canRetry: false } };
    return perform(effect, occasion);
  };

  const takeStep = async (run: RunRecord, { step, attempt, ...move }: Move & { kind: 'step' }): Promise<void> => {
    try {
      const scope = scopeOf(run.state, step);
      if (step.condition && !move.isConditionMet && !isMet(await step.condition.evaluate(scope, env())))
        return settleStep(run, step, { outcome: { kind: 'skipped', reason: `not met: ${step.condition.source}` } });
      if (step.announcesStart && !move.isStartRecorded && (step.action || step.block?.kind === 'transaction')) {
        const iteration = iterationOf(run.state, step);
        const data = { step: step.name, ...(iteration !== undefined && { iteration }), attempt };
        return append(run, [{ type: 'StepStarted', data }]);
      }
      const performed = await act(run, step, attempt);
      if ('afterMs' in performed) takeOff(run, step, attempt, performed);
      else settleStep(run, step, performed);
    } catch (error) {
      settleStep(run, step, failed(error));
    }
  };

  /** Looks whether what a step waits for has come about. */
  const collect = (run: RunRecord, { step, awaited }: Move & { kind: 'collect' }): void => {
    if (awaited.kind === 'run') {
      const state = runs.get(awaited.calledRunId)?.state;
      if (state?.status === 'succeeded')
        return settleStep(run, step, { outcome: { kind: 'completed', result: state.result } });
      if (state?.status === 'failed')
        return settleStep(run, step, { outcome: { kind: 'failed', problem: state.problem, canRetry: true } });
      if (state?.status === 'cancelled') {
        const detail = `The called run ${awaited.calledRunId} was cancelled`;
        return settleStep(run, step, failed(new Failure('run.cancelled', { detail })));
      }
    } else if (step.block?.kind === 'lock') {
      const { leaseMs } = step.block;
      if (locks.acquire(awaited.lock, run.id, leaseMs))
        return settleStep(run, step, { outcome: { kind: 'entered', lock: awaited.lock } });
      const nowMs = clock.now().getTime();
      if (Date.parse(awaited.until) <= nowMs) {
        const until = new Date(nowMs + leaseMs).toISOString();
        return settleStep(run, step, { outcome: { kind: 'locked', lock: awaited.lock, until } });
      }
    }
    run.soughtInVain.add(step.name);
  };

  const isToDo = (run: RunRecord, move: Move): boolean => {
    if (move.kind === 'step') return !run.flying.has(move.step.name);
    return move.kind !== 'collect' || !run.soughtInVain.has(move.step.name);
  };

  const take = async (run: RunRecord, move: Move): Promise<void> => {
    switch (move.kind) {
      case 'record':
        return append(run, move.events);
      case 'step':
        return takeStep(run, move);
      case 'collect':
        return collect(run, move);
      case 'round':
        return append(run, await startRound(run.state, move.step, env()));
      case 'roundEnd':
        return append(run, await finishRound(run.state, move.step, env()));
      case 'finish':
        return append(run, await finishRun(run.definition, run.state, env()));
    }
  };

  const walk = async (run: RunRecord): Promise<void> => {
    for (let moves = 0; !hasEnded(run); moves++) {
      if (moves > MOST_MOVES) throw new Error(`Run ${run.id} of "${run.definition.name}" goes round and round`);
      const under = nextMoves(run.definition.plan, run.state, clock.now());
      // What is not among the moves any more was given up.
      for (const name of run.flying.keys())
        if (!under.some((move) => move.kind === 'step' && move.step.name === name)) run.flying.delete(name);
      const move = under.find((one) => isToDo(run, one));
      if (move) await take(run, move);
      else if (!takeKept(run)) break;
    }
    ready.delete(run);
    rest(run);
  };

  return {
    runs,
    request,
    append,
    wake,
    settle: async () => {
      for (const run of ready) await walk(run);
      if (ready.size > 0) throw new Error('Runs wake each other without end');
    },
  };
};
