import { subjects } from '@nightshift/contracts';
import { newId, type EventReplay, type Ledger, type UnmatchedEvent } from '@nightshift/ledger';
import type { AdmitRuns, Start } from '../changes/admit-runs.ts';
import type { Aside, PutAside } from '../changes/put-aside.ts';
import type { KnownTriggers } from '../triggers/known-triggers.ts';
import { matchEvent } from './match-event.ts';

/** Starts what some of the events start that were taken in. @returns whether there may be more */
export type MatchEvents = () => Promise<boolean>;

export interface MatchEventsDeps {
  ledger: Pick<Ledger, 'events' | 'receivedEvents'>;
  knownTriggers: KnownTriggers;
  /** Of this alone: it counts how often the ledger refuses a run. */
  admitRuns: AdmitRuns;
  putAside: PutAside;
  /** Resolves when what was put aside is stored. */
  flush: () => Promise<void>;
}

/** Larger makes the first event of a full batch later, and takes memory for what they hold; smaller costs more commits. */
const BATCH = 200;

/**
 * An event is committed before anybody looks for what it starts, and is marked when all of that is in the ledger. Who dies in between,
 * or shares the events with another for a moment, does harm to nobody: the ids of the runs are derived from the event.
 */
export const makeMatchEvents =
  ({ ledger, knownTriggers, admitRuns, putAside, flush }: MatchEventsDeps): MatchEvents =>
  async () => {
    const [received, replays] = await Promise.all([
      ledger.events.unmatched(BATCH),
      ledger.receivedEvents.unmatchedReplays(BATCH),
    ]);
    const events = [...received, ...replays];
    if (events.length === 0) return false;
    // After the events: so they meet every workflow that was published before they were taken in.
    const known = await knownTriggers();
    const at = new Date().toISOString();
    const starts: Start[] = [];
    const refusals: Parameters<PutAside>[] = [];
    for (const event of events) {
      const { runs, failed } = await matchEvent(event, known.events, at);
      const message = asMessage(event);
      for (const run of runs) starts.push({ run, message, committedAtMs: event.receivedAt.getTime() });
      for (const { workflow, failure } of failed) refusals.push([message, failure, workflow]);
    }
    for (const { start, failure } of await admitRuns(starts)) {
      refusals.push([start.message, failure, start.run.requested.workflow]);
    }
    for (const refusal of refusals) putAside(...refusal);
    if (refusals.length > 0) await flush();
    if (received.length > 0) await ledger.events.matched(received);
    await ledger.receivedEvents.replaysMatched(replays.map(({ replayId }) => replayId));
    return received.length === BATCH || replays.length === BATCH;
  };

/** The event as what is put aside of it: sent again, it is looked at again. */
const asMessage = ({ source, id, type, receivedAt, ...event }: UnmatchedEvent | EventReplay): Aside => ({
  // A new one each time: what fails again after it was sent again is put aside again.
  place: newId(Date.now()),
  payload: { source, id, type, ...('replayId' in event && { replay: event.replayId }) },
  delivery: { subject: subjects.eventAgain, streamSequence: 0, deliveryCount: 1, time: receivedAt },
});
