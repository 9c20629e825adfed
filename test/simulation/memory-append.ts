import { Failure, type NewRunEvent, type RunEvent } from '@nightshift/contracts';
import type { Append, Appended } from '@nightshift/ledger';
import {
  LEASE_MS,
  leaseFrom,
  mergeProgress,
  projectEvents,
  type RunPatch,
} from '../../libs/ledger/src/run-projection.ts';
import { lockStatements } from './memory-locks.ts';
import { insertRun, setTimer, stored, versionOf, type RunRow, type Tables } from './memory-tables.ts';

/** What a broken ledger leaves out, to prove that the simulation would notice. */
export interface AppendFlaws {
  forgetsVersionCheck?: boolean;
  /** Nobody ever looks after a run whose dispatch was lost. */
  forgetsLeases?: boolean;
}

/**
 * One append, as the ledger's statement does it: whole or not at all, and only if the writer knew the run's newest event. Lists are not
 * kept.
 */
export const appendTo = (tables: Tables, append: Append, flaws: AppendFlaws = {}): Appended => {
  const { runId, expectedVersion, at } = append;
  const [first, ...rest] = append.events;
  if (!flaws.forgetsVersionCheck && versionOf(tables, runId) !== expectedVersion) return { outcome: 'conflict' };
  const taken = (append.runs ?? []).find((run) => tables.runs.has(run.runId));
  if (taken) throw new Failure('platform.bug', { detail: `The ledger refused an append: run ${taken.runId} is there` });

  if (first?.type === 'RunRequested')
    insertRun(tables, { runId, at, requested: stored(first.data), history: rest as NewRunEvent[] });
  else {
    const events = append.events.map(
      ({ type, data, at: happenedAt }, index) =>
        stored({ type, data, at: happenedAt ?? at, runId, version: expectedVersion + 1 + index }) as RunEvent,
    );
    tables.events.get(runId)!.push(...events);
  }
  for (const run of append.runs ?? []) insertRun(tables, { ...run, requested: stored(run.requested) });

  const row = tables.runs.get(runId)!;
  const patch = expectedVersion === 0 ? undefined : projectEvents(append.events, at, append.rests);
  const isEnding = patch?.finishedAt != null;
  if (patch) move(tables, row, patch, append);
  if (append.rests?.wakeAt) setTimer(tables, runId, 'wait', Date.parse(append.rests.wakeAt));
  if (append.rests?.keepsLocks) lockStatements['keep-locks'](tables, [runId]);
  if (flaws.forgetsLeases) row.leaseUntil = null;
  giveBack(tables, append);
  for (const event of append.emitted ?? []) {
    const id = `${event.source} ${event.id}`;
    if (!tables.outsideEvents.has(id))
      tables.outsideEvents.set(id, { ...stored(event), receivedAt: tables.now(), deliveredAt: null });
  }
  return {
    outcome: 'appended',
    listId: isEnding ? row.listId : null,
    callerRunId: isEnding && row.parentWaits ? row.parentId : null,
  };
};

/** Moves the run's row, and whatever its end means for others. */
const move = (tables: Tables, row: RunRow, patch: RunPatch, { at, rests }: Append): void => {
  const now = Date.parse(at);
  const keepsPause = [null, 'awake', 'resting', 'running'].includes(patch.status);
  const isLater = row.startedAt === null && row.dueAt !== null && row.dueAt > now;
  const was = row.status;
  row.status = statusAfter(row, patch.status, isLater);
  if (!keepsPause) {
    row.pausedAt = patch.status === 'paused' ? now : null;
    row.heldBy = patch.heldBy;
  }
  if (patch.progress) row.progress = mergeProgress(row.progress, patch.progress);
  if (patch.lease === 'renew') {
    const isNotReady =
      ((patch.status === 'awake' || patch.status === 'resting') && was === 'paused') ||
      (patch.status === 'resumed' && isLater);
    row.leaseUntil = isNotReady ? null : Date.parse(leaseFrom(rests?.looks ?? at));
  } else if (patch.lease === 'none') row.leaseUntil = null;
  row.startedAt ??= patch.startedAt === null ? null : Date.parse(patch.startedAt);
  row.workflowVersion = patch.workflowVersion ?? row.workflowVersion;
  row.finishedAt = patch.finishedAt === null ? null : Date.parse(patch.finishedAt);
  row.result = stored(patch.result);
  row.problem = patch.problem;

  if (patch.status === 'resumed' && row.status === 'scheduled') setTimer(tables, row.id, 'start', row.dueAt!);
  if (row.finishedAt === null) return;
  const caller = row.parentWaits ? tables.runs.get(row.parentId!) : undefined;
  if (caller?.status === 'waiting') {
    caller.status = 'running';
    caller.leaseUntil = tables.now() + LEASE_MS;
  }
  if (row.status === 'succeeded') return;
  for (const [key, timer] of tables.timers) if (timer.runId === row.id) tables.timers.delete(key);
  tables.waits = tables.waits.filter(({ runId }) => runId !== row.id);
};

const statusAfter = (row: RunRow, status: RunPatch['status'], isLater: boolean): RunRow['status'] => {
  const isStarted = row.startedAt !== null;
  switch (status) {
    case null:
      return row.status;
    case 'resting':
      return row.status === 'paused' ? 'paused' : 'waiting';
    case 'awake':
      return row.status === 'paused' ? 'paused' : isStarted ? 'running' : 'queued';
    case 'running':
      return row.status === 'paused' ? 'paused' : 'running';
    case 'rescheduled':
      if (row.status === 'paused') return 'paused';
      return isLater ? 'scheduled' : 'queued';
    case 'resumed':
      return isLater ? 'scheduled' : isStarted ? 'running' : 'queued';
    default:
      return status;
  }
};

/** Waits that begin or are over, and locks that are let go. */
const giveBack = (tables: Tables, { runId, events, awaits = [], givesUp = [], releases = [] }: Append): void => {
  const received = events.flatMap((event) => (event.type === 'EventReceived' ? [event.data.step] : []));
  const over = new Set([...received, ...givesUp, ...awaits.map(({ step }) => step)]);
  if (over.size > 0) tables.waits = tables.waits.filter((wait) => wait.runId !== runId || !over.has(wait.step));
  for (const wait of new Map(awaits.map((given) => [given.step, given])).values())
    tables.waits.push({ ...wait, runId, since: tables.now(), lookedAt: null });
  releaseLocks(tables, runId, releases);
};

/** Takes away what the run holds of these names, or else its place. */
export const releaseLocks = (tables: Tables, runId: string, names: readonly string[]): void => {
  if (names.length === 0) return;
  const isOwn = (lock: Tables['locks'][number]): boolean => lock.runId === runId && names.includes(lock.name);
  const held = new Set(tables.locks.filter((lock) => isOwn(lock) && lock.heldUntil !== null).map(({ name }) => name));
  tables.locks = tables.locks.filter((lock) => !isOwn(lock) || (lock.heldUntil === null && held.has(lock.name)));
};
