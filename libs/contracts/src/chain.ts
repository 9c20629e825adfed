import type { RunStatus } from './run-events.ts';

/** Runs that schedule their own successor, as `GET /v1/chains/{id}` answers. */
export interface ChainView {
  /** Of its first run. */
  id: string;
  workflow: string;
  /** Of the newest cycle; `running` while an older one has not ended though the newest has. */
  status: RunStatus;
  /** Of the newest cycle, from 1. */
  iteration: number;
  /** How many runs stand between the chain and a start from outside. */
  depth: number;
  requestedAt: string;
  startedAt: string | null;
  /** Null: a cycle is open. */
  finishedAt: string | null;
  /** The newest cycle. */
  lastRunId: string;
  /** Guards that hold it. */
  heldBy: string[];
}
