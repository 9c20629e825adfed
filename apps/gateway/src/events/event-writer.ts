import type { RunEventType } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { EventFilter } from './event-filter.ts';
import { formatPosition, type FeedPosition } from './event-position.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { Outlet } from './outlet.ts';
import { showEvent, type ShownEvent } from './shown-event.ts';
import type { FrameCache } from './sse-frame.ts';
import { toFeedEvent, type RunPlace } from './to-feed-event.ts';
import { makeVersionTracker } from './version-tracker.ts';

/** Writes one client's events: each once, in order per run, with what the feed has lost filled in from the ledger. */
export interface EventWriter {
  /** How far the feed has been read for this client. */
  position: FeedPosition;
  /** Writes the entry if it is new. A promise if the ledger has to be asked first: nothing else is written until then. */
  take(entry: FeedEntry): void | Promise<void>;
  /** Writes what the ledger holds of a run beyond what was written, up to a version. */
  fill(run: RunPlace, before?: number): Promise<void>;
  /** The client has seen the run up to this version before. */
  resumeRun(runId: string, version: number): void;
  lastVersion(runId: string): number;
  underWay(most: number): string[];
  /** Tells the client its place. */
  mark(): void;
}

const ends: ReadonlySet<RunEventType> = new Set(['RunSucceeded', 'RunFailed', 'RunCancelled']);

interface EventWriterDeps {
  ledger: Pick<Ledger, 'runs'>;
  outlet: Outlet;
  filter: EventFilter;
  seesPayloads: boolean;
  position: FeedPosition;
}

/** Whether an event of a run that is wanted is wanted itself, as it is shown. */
const isWanted = ({ types, condition }: EventFilter, { event }: ShownEvent): boolean =>
  (types === undefined || types.has(event.type)) && (condition === undefined || condition.fits(event));

export const makeEventWriter = ({ ledger, outlet, filter, seesPayloads, position }: EventWriterDeps): EventWriter => {
  const tracker = makeVersionTracker();
  const isOneRun = filter.runId !== undefined;

  const write = (given: ShownEvent, place: FeedPosition | undefined, cache?: FrameCache): void => {
    const { event } = given;
    const isEnd = ends.has(event.type);
    tracker.saw(event.runId, event.version, isEnd);
    const shown = showEvent(given, seesPayloads);
    if (isWanted(filter, shown)) {
      // Whoever follows one run goes on from its version: then every event has a place, those from the ledger too.
      const id = isOneRun ? { ...writer.position, version: event.version } : place;
      outlet.event(event.type, shown.text, id && formatPosition(id), cache);
    }
    if (isOneRun && isEnd) outlet.end();
  };

  const advance = (entry: FeedEntry): void => {
    writer.position = { epoch: entry.epoch, sequence: entry.sequence };
    write(entry, entry, entry);
  };

  const fill = async (run: RunPlace, before = Infinity): Promise<void> => {
    const events = await ledger.runs.events(run.runId, tracker.last(run.runId));
    for (const missing of events) {
      if (missing.version >= before || outlet.isClosed) return;
      write(toFeedEvent(run, missing), undefined);
      if (outlet.isFull) await outlet.drained();
    }
  };

  const writer: EventWriter = {
    position,
    take: (entry) => {
      const { event, epoch, sequence } = entry;
      if (epoch === writer.position.epoch && sequence <= writer.position.sequence) return;
      const verdict = tracker.judge(event.runId, event.version);
      if (verdict === 'gap') return fill(event, event.version).then(() => advance(entry));
      if (verdict === 'next') return advance(entry);
      writer.position = { epoch, sequence };
      // The client may have it from the ledger, without a place: now it has one.
      writer.mark();
    },
    fill,
    resumeRun: (runId, version) => tracker.saw(runId, version, false),
    lastVersion: tracker.last,
    underWay: tracker.underWay,
    mark: () => {
      const { runId } = filter;
      outlet.mark(
        formatPosition(runId === undefined ? writer.position : { ...writer.position, version: tracker.last(runId) }),
      );
    },
  };
  return writer;
};
