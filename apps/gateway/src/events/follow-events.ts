import type { Ledger } from '@nightshift/ledger';
import type { AssertExists } from './assert-exists.ts';
import type { EventFilter } from './event-filter.ts';
import { parsePosition } from './event-position.ts';
import { findRunPlace, makeOpenEventSession, type EventSession, type EventSessionDeps } from './event-session.ts';
import type { Outlet } from './outlet.ts';

/** What one subscription wants. */
export interface FollowedBy {
  filter: EventFilter;
  /** Whether the reader sees what runs were given, did and returned. */
  seesPayloads: boolean;
  /** The position that came with the last event that he has; undefined: he has none. */
  after: string | undefined;
}

export interface FollowEventsDeps extends EventSessionDeps {
  ledger: Pick<Ledger, 'runs'>;
  assertExists: AssertExists;
}

/**
 * Begins a subscription on an outlet that is opened when it is known that there is something to follow. Undefined: the run has ended and
 * the reader has seen all of it.
 * @throws Failure `run.not_found`, `list.not_found`, `workflow.not_found`, `messaging.unavailable` while nothing was written
 */
export type FollowEvents = (followed: FollowedBy, openOutlet: () => Outlet) => Promise<EventSession | undefined>;

export const makeFollowEvents = (deps: FollowEventsDeps): FollowEvents => {
  const { ledger, assertExists } = deps;
  const openSession = makeOpenEventSession(deps);

  return async ({ filter, seesPayloads, after }, openOutlet) => {
    const resume = parsePosition(after);
    const run = await findRunPlace(ledger, filter);
    await assertExists(filter);
    if (run?.hasEnded === true && resume?.version !== undefined) {
      const rest = await ledger.runs.events(run.runId, resume.version);
      if (rest.length === 0) return undefined;
    }
    return openSession({ filter, run, seesPayloads, resume }, openOutlet);
  };
};
