import type { Client } from '@nightshift/client';
import type { RunFeedEvent, RunStatus } from '@nightshift/contracts';
import type { LiveEvents } from './live-events.ts';
import type { Screen } from './screen.ts';

/** What each part of the tour is given. */
export interface Tour {
  client: Client;
  live: LiveEvents;
  screen: Screen;
  databaseUrl: string | undefined;
  /** Aborted when the tour has taken too long: whoever waits for something gives up. */
  signal: AbortSignal;
  /** A user who has signed up for this tour alone. */
  user: string;
}

/** How a way ended. `id`: of the run, list or chain that shows it. */
export interface WayEnd {
  id: string;
  status: RunStatus;
}

const finalStatus: Partial<Record<RunFeedEvent['type'], RunStatus>> = {
  RunSucceeded: 'succeeded',
  RunFailed: 'failed',
  RunCancelled: 'cancelled',
};

/** The status that an event ends a run with; undefined if it does not end it. */
export const endOf = ({ type }: RunFeedEvent): RunStatus | undefined => finalStatus[type];
