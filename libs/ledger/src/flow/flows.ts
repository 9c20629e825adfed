import type { Flow, HoldView, RunRequested } from '@nightshift/contracts';
import type { EndingEvent } from '../control/control.ts';
import type { CompiledFlow, FlowPlace } from '@nightshift/workflow-core';
import type { RequestedRun } from '../append.ts';
import type { ReadyRun } from '../timers.ts';

/** What is not to start. Without any of these: everything. */
export interface HoldScope {
  workflow?: string;
  /** Of a workflow. */
  key?: string;
  chainId?: string;
}

/** What is to be known to let runs of a workflow go. */
export interface AdmissionRules {
  /** The workflow's flow. Undefined: it has none any more, and whoever waits may go. */
  compile: (flow: Flow) => CompiledFlow;
  /** Where a run stands, or the event with which it ends because that cannot be told. */
  placeOf: (flow: CompiledFlow, requested: RunRequested) => Promise<FlowPlace | { ending: EndingEvent }>;
  /** The run into which several are gathered: its first one's id and request, and the parameters of all. */
  gather: (
    first: { runId: string; requested: RunRequested },
    batch: Record<string, unknown>[],
    at: Date,
  ) => RequestedRun;
}

/** What one turn at a workflow's queue did. */
export interface Admission {
  /** Runs that are ready now: the caller dispatches them. */
  admitted: readonly ReadyRun[];
  /** Whether some are to end without having started. */
  hasEndings: boolean;
  /** When it is worth another turn if nothing happens before; undefined: never. */
  nextDueAt: Date | undefined;
}

/** A run that is to end without having started, and with what. */
export interface Ending {
  runId: string;
  event: EndingEvent;
}

/** What stands in the way of a run that waits for its admission. */
export interface QueuePlace {
  workflow: string;
  flow: Flow | null;
  key: string | null;
  holds: HoldView[];
  /** Runs of its key, and of its workflow, that are under way. */
  underWay: { key: number; workflow: number };
  /** Runs of its key that are admitted before it. */
  ahead: number;
  /** When its key is looked at again, if that is known. */
  dueAt: Date | null;
  batchId: string | null;
}

/**
 * Flows: limits on the starts of workflows, and holds. A run of a workflow that has a flow or is held stands in the workflow's queue from
 * the commit that makes it ready; whoever commits that need not know. One scheduler at a time takes a turn at a queue and admits runs, in
 * the order of their positions, so limits hold exactly; the run's end leaves its place in the same commit.
 */
export interface Flows {
  /** Sets a workflow's flow, or takes it away. What waits is looked at anew. */
  put(workflow: string, flow: Flow | null): Promise<void>;
  find(workflow: string): Promise<{ flow: Flow; updatedAt: Date } | undefined>;
  /** All that are set, by workflow. */
  list(): Promise<{ workflow: string; flow: Flow; updatedAt: Date }[]>;
  /** How many runs of the workflow wait for their admission, and how many are admitted and have not ended. */
  count(workflow: string): Promise<{ waiting: number; underWay: number }>;
  /**
   * After this nothing in the scope starts, runs included that were ready already and had not begun; none is lost. Again, it only changes
   * the reason.
   */
  hold(scope: HoldScope, reason?: string): Promise<void>;
  /** @returns whether it was held */
  release(scope: HoldScope): Promise<boolean>;
  /** Every hold, or those that concern a workflow. */
  holds(workflow?: string): Promise<HoldView[]>;
  /** Workflows at whose queues a turn is worth while. Takes nothing. */
  toServe(now: Date): Promise<string[]>;
  /** Takes a turn at the queue of a workflow. Undefined: another scheduler is at it. */
  admit(workflow: string, rules: AdmissionRules, now: Date): Promise<Admission | undefined>;
  /** Runs of a workflow that are to end without having started. */
  endings(workflow: string, limit: number): Promise<Ending[]>;
  /** Undefined: the run does not wait for its admission. */
  placeOf(runId: string): Promise<QueuePlace | undefined>;
}
