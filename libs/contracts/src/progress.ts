import type { RunStatus } from './run-events.ts';

/** How far a run, a list or a chain is. `done` = `succeeded + failed + skipped + cancelled`; it never falls. */
export interface Progress {
  id: string;
  kind: 'run' | 'list' | 'chain';
  status: RunStatus;
  total: number | null;
  done: number;
  succeeded: number;
  failed: number;
  skipped: number;
  cancelled: number;
  inFlight: number;
  retrying: number;
  percent: number | null;
  iteration: number;
  ratePerSecond: number | null;
  eta: string | null;
  stalled: boolean;
  message: string | null;
  startedAt: string | null;
  updatedAt: string;
  lastProgressAt: string | null;
}
