import { isFinal, type NewRunEvent, type RunStatus } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import type { Locks } from '../locks.ts';
import type { Runs } from '../runs.ts';
import type {
  ChangedRun,
  Control,
  ControlOptions,
  ControlResult,
  ControlTarget,
  EndingEvent,
  Move,
  UnchangedRun,
} from './control.ts';
import { replayRun } from './replay-run.ts';
import { findRunIds, readRuns, type ControlledRun } from './select-runs.ts';

/** Runs that are read and changed together. */
const BATCH = 1_000;

/** A run that moves this often between reading and appending has an executor that is quicker than we are. */
const ATTEMPTS = 50;

/**
 * Looks through what criteria find, to stop runs: what a chain starts while its runs are stopped is found by the next look. Runs that
 * are to go on are looked for once: one that fails again at once is not tried for ever.
 */
const LOOKS_TO_STOP = 10;

/** Something that is done to runs. */
interface Change {
  eventOf: (run: ControlledRun) => NewRunEvent;
  /** As SQL, of a run `r`: whether it is to be changed at all if criteria find it. */
  concerns: string;
  looks: number;
  refuses: (run: ControlledRun) => UnchangedRun['reason'] | undefined;
  statusAfter: (run: ControlledRun, at: string) => RunStatus;
  /** When it is due after that. Absent: as before. */
  dueAfter?: (run: ControlledRun) => Date | null;
}

const endedOr = (
  run: ControlledRun,
  isRight: boolean,
  reason: UnchangedRun['reason'],
): UnchangedRun['reason'] | undefined => (isRight ? undefined : isFinal(run.status) ? 'run.ended' : reason);

const cancelling = (reason: string | undefined): Change => ({
  eventOf: () => ({ type: 'RunCancelled', data: reason === undefined ? {} : { reason } }),
  concerns: 'r.finished_at IS NULL',
  looks: LOOKS_TO_STOP,
  refuses: ({ status }) => (isFinal(status) ? 'run.ended' : undefined),
  statusAfter: () => 'cancelled',
});

const pausing = (reason: string | undefined): Change => ({
  eventOf: () => ({ type: 'RunPaused', data: reason === undefined ? {} : { reason } }),
  concerns: `r.finished_at IS NULL AND r.status <> 'paused'`,
  looks: LOOKS_TO_STOP,
  refuses: (run) => endedOr(run, run.status !== 'paused' && !isFinal(run.status), 'run.paused'),
  statusAfter: () => 'paused',
});

const resuming: Change = {
  eventOf: () => ({ type: 'RunResumed', data: {} }),
  concerns: `r.paused_at IS NOT NULL AND r.status = 'paused'`,
  looks: 1,
  refuses: (run) => endedOr(run, run.status === 'paused', 'run.not_paused'),
  // As the append decides it.
  statusAfter: ({ started_at: startedAt, due_at: dueAt }, at) => {
    if (startedAt) return 'running';
    return dueAt && dueAt > new Date(at) ? 'scheduled' : 'queued';
  },
};

const retrying = (parameters: Record<string, unknown> | undefined): Change => ({
  eventOf: () => ({ type: 'RunRetried', data: parameters === undefined ? {} : { parameters } }),
  concerns: `r.status = 'failed'`,
  looks: 1,
  refuses: (run) => {
    if (run.status !== 'failed') return 'run.not_failed';
    return run.is_undone ? 'run.compensated' : undefined;
  },
  statusAfter: () => 'running',
});

const endStatus = { RunSucceeded: 'succeeded', RunFailed: 'failed', RunCancelled: 'cancelled' } as const;

const ending = (events: ReadonlyMap<string, EndingEvent>): Change => ({
  ...cancelling(undefined),
  eventOf: ({ id }) => events.get(id)!,
  statusAfter: ({ id }) => endStatus[events.get(id)!.type],
});

const moving = ({ dueAt, byMs = 0, parameters }: Move): Change => {
  const dueAfter = ({ due_at: was }: ControlledRun): Date =>
    dueAt === undefined ? new Date(Math.min(was!.getTime() + byMs, LATEST_DUE_MS)) : new Date(dueAt);
  return {
    eventOf: (run) => ({
      type: 'RunRescheduled',
      data: { dueAt: dueAfter(run).toISOString(), ...(parameters !== undefined && { parameters }) },
    }),
    // One that is moved out of what was looked for is not found again, and one that stays in it is not moved twice.
    looks: 1,
    ...ofSchedules,
    statusAfter: (run, at) => {
      if (run.status === 'paused') return 'paused';
      return dueAfter(run) > new Date(at) ? 'scheduled' : 'queued';
    },
    dueAfter,
  };
};

/** The last moment that JavaScript and Postgres both have a word for, with room to spare. */
const LATEST_DUE_MS = Date.UTC(9000, 0);

const ofSchedules: Pick<Change, 'concerns' | 'refuses'> = {
  concerns: `r.due_at IS NOT NULL AND r.started_at IS NULL AND r.status IN ('scheduled', 'paused')`,
  refuses: ({ status, due_at: dueAt, started_at: startedAt }) => {
    if (dueAt === null) return 'schedule.not_found';
    if (isFinal(status)) return startedAt === null ? 'run.ended' : 'schedule.started';
    return startedAt === null && (status === 'scheduled' || status === 'paused') ? undefined : 'schedule.started';
  },
};

/** The change, for schedules that have not started alone. */
const onlySchedules = (change: Change): Change => ({
  ...change,
  concerns: `${change.concerns} AND ${ofSchedules.concerns}`,
  refuses: (run) => ofSchedules.refuses(run) ?? change.refuses(run),
});

export interface ControlDeps {
  database: Database;
  runs: Runs;
  locks: Locks;
}

export const makeControl = ({ database, runs, locks }: ControlDeps): Control => {
  /** Changes runs of one batch, each in an append of its own; all of them share a commit or two. */
  const changeBatch = async (runIds: readonly string[], change: Change): Promise<ControlResult> => {
    const result: ControlResult = { changed: [], unchanged: [], wokenRunIds: [] };
    let left = [...new Set(runIds)];
    let found: ControlledRun[] = [];
    for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
      found = await readRuns(database, left);
      if (attempt === 0) result.unchanged.push(...unknownAmong(left, found));
      const moved: string[] = [];
      await Promise.all(
        found.map(async (run) => {
          const reason = change.refuses(run);
          if (reason) return void result.unchanged.push({ runId: run.id, status: run.status, reason });
          const at = new Date().toISOString();
          const append = { runId: run.id, expectedVersion: run.version, events: [change.eventOf(run)], at };
          const { outcome } = await runs.append(append);
          if (outcome === 'conflict') moved.push(run.id);
          else result.changed.push(changedRun(run, change, at));
        }),
      );
      left = moved;
    }
    const quick = found.filter(({ id }) => left.includes(id));
    result.unchanged.push(
      ...quick.map(({ id, status }) => ({ runId: id, status, reason: 'ledger.unavailable' as const })),
    );
    const ended = result.changed.filter(({ status }) => isFinal(status)).map(({ runId }) => runId);
    if (ended.length > 0) {
      const woken = await locks.releaseAll(ended);
      result.wokenRunIds.push(...woken.map(({ runId }) => runId));
    }
    return result;
  };

  const changeRuns = async (
    target: ControlTarget,
    given: Change,
    { onChanged, onlySchedules: isOfSchedules = false }: ControlOptions = {},
  ): Promise<ControlResult> => {
    const change = isOfSchedules ? onlySchedules(given) : given;
    const result: ControlResult = { changed: [], unchanged: [], wokenRunIds: [] };
    const changeNext = async (runIds: readonly string[]): Promise<number> => {
      const { changed, unchanged, wokenRunIds } = await changeBatch(runIds, change);
      if (onChanged) await onChanged(changed);
      else for (const run of changed) result.changed.push(run);
      result.unchanged.push(...unchanged);
      result.wokenRunIds.push(...wokenRunIds);
      return changed.length;
    };
    if ('runIds' in target) {
      for (let from = 0; from < target.runIds.length; from += BATCH) {
        await changeNext(target.runIds.slice(from, from + BATCH));
      }
      return result;
    }
    for (let look = 0; look < change.looks; look++) {
      result.unchanged = [];
      let changed = 0;
      let afterId: string | undefined;
      for (;;) {
        const runIds = await findRunIds(database, target.where, change.concerns, afterId, BATCH);
        if (runIds.length > 0) changed += await changeNext(runIds);
        afterId = runIds.at(-1);
        if (runIds.length < BATCH) break;
      }
      if (changed === 0) break;
    }
    return result;
  };

  return {
    cancel: (target, options) => changeRuns(target, cancelling(options?.reason), options),
    pause: (target, options) => changeRuns(target, pausing(options?.reason), options),
    resume: (target, options) => changeRuns(target, resuming, options),
    end: (endings) =>
      changeBatch(
        endings.map(({ runId }) => runId),
        ending(new Map(endings.map(({ runId, event }) => [runId, event]))),
      ),
    retry: (target, options) => changeRuns(target, retrying(options?.parameters), options),

    move: (target, move, options) => changeRuns(target, moving(move), options),

    // Index: runs_paused.
    resumeGuarded: async (workflow, limits) => {
      const guards = Object.keys(limits);
      const changed: ChangedRun[] = [];
      let afterId: string | null = null;
      for (;;) {
        const held: { id: string; held_by: string; value: number | null }[] = await database.query(
          'held-runs',
          `SELECT r.id, r.held_by, (
             SELECT (e.data -> 'guard' ->> 'value')::float8 FROM nightshift.run_events e
             WHERE e.run_id = r.id AND e.type = 'RunPaused' ORDER BY e.version DESC LIMIT 1) AS value
           FROM nightshift.runs r
           WHERE r.workflow = $1 AND r.paused_at IS NOT NULL AND r.status = 'paused' AND r.held_by = ANY($2::text[])
             AND ($3::uuid IS NULL OR r.id > $3) ORDER BY r.id LIMIT $4`,
          [workflow, guards, afterId, BATCH],
        );
        const within = held.filter(({ held_by: guard, value }) => {
          const limit = limits[guard];
          return limit === null || (limit !== undefined && (value ?? 0) <= limit);
        });
        const result = await changeBatch(
          within.map(({ id }) => id),
          resuming,
        );
        changed.push(...result.changed);
        if (held.length < BATCH) return changed;
        afterId = held.at(-1)!.id;
      }
    },

    replay: async (runId, options) => {
      const run = replayRun(runId, await runs.events(runId), options);
      const { isGated } = await runs.request(run);
      return isGated ? { ...run, isGated } : run;
    },
  };
};

const unknownAmong = (runIds: readonly string[], found: readonly ControlledRun[]): UnchangedRun[] => {
  const known = new Set(found.map(({ id }) => id));
  return runIds.flatMap((runId) =>
    known.has(runId) ? [] : [{ runId, status: null, reason: 'run.not_found' as const }],
  );
};

const changedRun = (run: ControlledRun, { statusAfter, dueAfter }: Change, at: string): ChangedRun => ({
  runId: run.id,
  version: run.version + 1,
  wasStatus: run.status,
  status: statusAfter(run, at),
  ...(run.waiter !== null && { waiter: run.waiter }),
  workflow: run.workflow,
  listId: run.list_id,
  callerRunId: run.caller_id,
  dueAt: (dueAfter ? dueAfter(run) : run.due_at)?.toISOString() ?? null,
});
