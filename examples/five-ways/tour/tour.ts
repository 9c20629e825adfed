import type { Client } from '@nightshift/client';
import type { RunFeedEvent, RunRequested, RunStatus } from '@nightshift/contracts';
import type { FiveWays } from '../deployment.ts';
import type { Screen } from './screen.ts';

/** What each part of the tour is given. */
export interface Tour {
  client: Client<FiveWays>;
  screen: Screen;
  databaseUrl: string | undefined;
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

/** What a run was requested with; undefined for its other events. */
export const requestOf = ({ type, data }: RunFeedEvent): RunRequested | undefined =>
  type === 'RunRequested' ? (data as RunRequested) : undefined;
