import type { EndpointAnswer } from './endpoint.ts';
import type { Problem } from './problem.ts';
import type { RunRequested } from './run-events.ts';

/**
 * "This run is ready to advance." Losing one is harmless (the reconciler sends another), and so is getting one twice
 * (the ledger's key refuses the second append).
 */
export interface Dispatch {
  runId: string;
  /** The run's events from this version on may not have reached the feed yet. */
  version: number;
  /** For a new run, what its only event holds, so that the hot path reads nothing. Absent when it was large. */
  requested?: { at: string; data: RunRequested };
}

/**
 * Lanes for the dispatches of runs that nobody waits for. More keep more workflows out of each other's way when one of them floods its lane,
 * and cost the server and each executor a consumer each.
 */
export const DISPATCH_LANES = 8;

/** The lane of a workflow's runs: FNV-1a of its name. http://www.isthe.com/chongo/tech/comp/fnv */
export const laneOf = (workflow: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < workflow.length; index++) hash = Math.imul(hash ^ workflow.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % DISPATCH_LANES;
};

/** `Nats-Msg-Id` of a dispatch: repeats within the stream's window are dropped by the server. */
export const dispatchId = (dispatch: Pick<Dispatch, 'runId' | 'version'>): string =>
  `${dispatch.runId}:${dispatch.version}`;

/** The message for a dispatch: without what it carries of the run if that is too large for a message. */
export const dispatchText = (dispatch: Dispatch): string => {
  const text = JSON.stringify(dispatch);
  return text.length <= MESSAGE_VALUE_MAX_BYTES
    ? text
    : JSON.stringify({ runId: dispatch.runId, version: dispatch.version });
};

/** How a run ended, sent over core NATS to the gateway that holds a waiting caller. */
export interface RunOutcome {
  runId: string;
  status: 'succeeded' | 'failed' | 'cancelled';
  result?: unknown;
  problem?: Problem;
}

/** What a run has answered before its end, sent the same way. */
export interface RunAnswer {
  runId: string;
  answer: EndpointAnswer;
}

/** The message for an outcome or an answer; of one that is too large for a message, that the ledger has it. */
export const outcomeText = (outcome: RunOutcome | RunAnswer): string => {
  const text = JSON.stringify(outcome);
  return text.length <= OUTCOME_MAX_LENGTH
    ? text
    : JSON.stringify({ runId: outcome.runId, isInLedger: true, isEnd: 'status' in outcome });
};

/** A character has at most three bytes, and NATS refuses messages over 1 MB. */
const OUTCOME_MAX_LENGTH = 300_000;

/** Events and dispatches stay below this; larger values stay in the ledger and are read from there. NATS refuses messages over 1 MB. */
export const MESSAGE_VALUE_MAX_BYTES = 64 * 1024;
