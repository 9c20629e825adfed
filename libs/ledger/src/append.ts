import type { Cause, NewRunEvent, RunRequested } from '@nightshift/contracts';

/** A run that comes into being with a commit. */
export interface RequestedRun {
  runId: string;
  at: string;
  requested: RunRequested;
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
  onComplete: { workflow: string; workflowVersion: number } | null;
  parentRunId: string | null;
  depth: number;
}

/** When a run is to go on. A run has at most one timer of a kind. */
export interface NewTimer {
  kind: 'wait';
  dueAt: string;
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
  timer?: NewTimer;
  runs?: readonly RequestedRun[];
  lists?: readonly RequestedList[];
}

/**
 * `appended`: it is durable. `conflict`: somebody else appended first, and nothing of this was written.
 * `listId`: the run ended and was an item of this list. `callerRunId`: it ended and this run waits for it.
 */
export type Appended =
  { outcome: 'appended'; listId: string | null; callerRunId: string | null } | { outcome: 'conflict' };
