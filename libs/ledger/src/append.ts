import type { Caller, Cause, NewRunEvent, RunEventData, RunRequested } from '@nightshift/contracts';
import type { ListRules, WorkflowAtVersion } from './lists/list-rules.ts';

/** A run that comes into being with a commit. */
export interface RequestedRun {
  runId: string;
  at: string;
  requested: RunRequested;
  /** A guard of its workflow holds it from the beginning: it is paused until somebody raises the limit or resumes it. */
  held?: RunEventData<'RunPaused'>;
  /**
   * What follows the request in the same commit: events of another run that this one begins with, `RunStarted` first. Its dispatch must
   * not carry the request, for that says that nothing else has happened.
   */
  history?: readonly NewRunEvent[];
  /** The ledger says so of a run that is not ready before it is admitted: it is not to be dispatched. */
  isGated?: boolean;
}

/** A list that comes into being with a commit. */
export interface RequestedList {
  listId: string;
  at: string;
  workflow: string;
  workflowVersion: number;
  /** Given to every item's run. */
  parameters: Record<string, unknown>;
  /** The parameter that an item is given as. */
  itemParameter: string | null;
  items: readonly unknown[];
  startAt: string | null;
  intervalMs: number | null;
  concurrency: number | null;
  onComplete: WorkflowAtVersion | null;
  /** Absent: items start side by side, as fast as they can, whatever fails. */
  rules?: ListRules;
  /** Of each item, in the order `byKey`. */
  keys?: readonly string[];
  parentRunId: string | null;
  depth: number;
  requestedBy?: Caller;
}

/** An outside event, as CloudEvents has it. `subject` is the key by which a `waitFor` finds it. */
export interface OutsideEvent {
  /** With `source`, its identity: the same again is not taken in twice. */
  id: string;
  source: string;
  type: string;
  subject: string | null;
  time: string;
  data: unknown;
}

/** One commit's worth of what happened to a run, and all that comes with it: it is appended whole or not at all. */
export interface Append {
  runId: string;
  /** The version of the run's newest event that the writer knows; 0 for a run that is not there yet. */
  expectedVersion: number;
  events: readonly (NewRunEvent & { at?: string })[];
  /** When, for those events that do not say so themselves. */
  at: string;
  /**
   * What made the run start, if the writer knows. The end of an item counts in its list and the end of a called run wakes its
   * caller; a statement that need not look for either costs half as much. Absent: it looks for both.
   */
  startedBy?: Cause['kind'];
  /** Whether the run was admitted by its workflow's flow, if the writer knows: its end leaves room there. Absent: it looks. */
  isAdmitted?: boolean;
  /** Whether the run is found among the schedules: it has a due time or a key. Absent: the statement looks. */
  isScheduled?: boolean;
  /**
   * After this commit nothing moves the run but what comes from outside: a timer at `wakeAt`, the end of a run that it called, an event, a
   * lock. Absent: its executor goes on with it. `looks`: since this moment it looks whether that has come already; the run keeps a lease from
   * it in case that the executor dies meanwhile, until `Runs.leave`. `keepsLocks`: what it holds stays held, whatever the lease, until it is taken up again and renews.
   */
  rests?: { wakeAt?: string; looks?: string; keepsLocks?: boolean };
  /** Outside events that this run emits. */
  emitted?: readonly OutsideEvent[];
  /** Outside events that steps of this run wait for from now on. */
  awaits?: readonly { step: string; type: string; key: string }[];
  /** Steps of this run that no longer wait for an outside event, though none came. */
  givesUp?: readonly string[];
  /**
   * Names of locks that this run lets go: those that it holds, or its place in the queue for those that it does not. Who is next is told
   * after the commit.
   */
  releases?: readonly string[];
  runs?: readonly RequestedRun[];
  lists?: readonly RequestedList[];
}

/**
 * `appended`: it is durable. `conflict`: somebody else appended first, and nothing of this was written.
 * `listId`: the run ended and was an item of this list. `callerRunId`: it ended and this run waits for it. `wokenRunIds`: these waited for
 * a lock that was released, and are ready; absent: nobody did. `gatedRunIds`: runs of this commit that are not ready before they are
 * admitted; absent: none is.
 */
export type Appended =
  | {
      outcome: 'appended';
      listId: string | null;
      callerRunId: string | null;
      wokenRunIds?: readonly string[];
      gatedRunIds?: readonly string[];
    }
  | { outcome: 'conflict' };
