import { asFailure, Failure, streams, subjects, type ChangeEvent } from '@nightshift/contracts';
import type { Bus, Delivered, Feed, FeedMessage } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { KnownTriggers } from '../triggers/known-triggers.ts';
import type { TriggerIndex } from '../triggers/trigger-index.ts';
import type { AdmitRuns, Start } from './admit-runs.ts';
import { matchChange } from './match-change.ts';
import { readChange } from './read-change.ts';
import { runOfChange } from './run-of-change.ts';

/**
 * Starts runs of rare changes ahead of their turn while many changes of other types stand before them.
 *
 * The reader of all changes stays as it is, and comes to these changes too: a run that is there already is not started again. So nothing
 * depends on this, and it gives up at the first trouble. Order per thing holds, because a thing is of one type: of each type, changes are
 * taken from where the reader stands, one after the other, and from the first that is left to the reader on, all are.
 *
 * States: idle; following, from where the reader was when it was told that it is late, until it is told that it is not any more.
 */
export interface Overtake {
  /** The reader has handled everything up to this batch, and what comes next is late already. */
  fallenBehind(batch: readonly Delivered[], triggers: TriggerIndex): void;
  /** The reader is in time, or reads no more. */
  stop(): void;
}

export interface OvertakeDeps {
  bus: Pick<Bus, 'follow'>;
  knownTriggers: KnownTriggers;
  admitRuns: AdmitRuns;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Changes of one type that are taken at once. Larger lets a flood take more of the room that it is kept out of; smaller leaves a short burst behind a long one. */
const BURST = 500;
/** And of these, each second. */
const PER_SECOND = 200;
const BATCH = 200;
/** More are not told apart by the server, but by reading everything. */
const MOST_FILTERS = 200;

export const makeOvertake = ({ bus, knownTriggers, admitRuns, logger }: OvertakeDeps): Overtake => {
  let session: { stop: () => void } | undefined;

  const begin = (fromSequence: number, types: readonly string[]): { stop: () => void } => {
    const taken = new Map<string, number>();
    const left = new Set<string>();
    const startedAt = performance.now();
    let queue: FeedMessage[] = [];
    let isEnded = false;
    let isWorking = false;

    const stop = (): void => {
      if (isEnded) return;
      isEnded = true;
      queue = [];
      feed.then((opened) => opened.close()).catch(() => {});
      logger.info({ fromSequence, left: [...left] }, 'changes are handled in their turn again');
    };

    const isTaken = (subject: string): boolean => {
      const type = typeOf(subject);
      if (left.has(type)) return false;
      const count = (taken.get(type) ?? 0) + 1;
      taken.set(type, count);
      if (count <= BURST + ((performance.now() - startedAt) / 1_000) * PER_SECOND) return true;
      left.add(type);
      return false;
    };

    const work = async (): Promise<void> => {
      isWorking = true;
      try {
        while (queue.length > 0) {
          const starts = await startsOf(queue.splice(0, BATCH), knownTriggers);
          if (!isEnded && starts.length > 0) await admitRuns(starts);
        }
      } catch (error) {
        logger.warn({ err: asFailure(error) }, 'changes are not handled ahead of their turn');
        stop();
      }
      isWorking = false;
    };

    const feed: Promise<Feed> = bus.follow(streams.changes, {
      from: { sequence: fromSequence },
      ...(types.length <= MOST_FILTERS && { filterSubjects: types.map((type) => subjects.change(type, '*')) }),
      onMessage: (message) => {
        if (isEnded || !isTaken(message.subject)) return;
        queue.push(message);
        if (!isWorking) void work();
      },
      onReset: stop,
    });
    feed.catch((error: unknown) => {
      logger.warn({ err: asFailure(error) }, 'changes are not handled ahead of their turn');
      stop();
    });
    logger.info({ fromSequence }, 'many changes wait: those of other types are handled ahead of their turn');
    return { stop };
  };

  return {
    fallenBehind: (batch, triggers) => {
      if (session) return;
      const floods = floodsIn(batch);
      const types = [...triggers.types()].filter((type) => !floods.has(type));
      if (types.length > 0) session = begin(batch.at(-1)!.delivery.streamSequence + 1, types);
    },
    stop: () => {
      session?.stop();
      session = undefined;
    },
  };
};

/** The types that keep the reader from the others. */
const floodsIn = (batch: readonly Delivered[]): Set<string> => {
  const counts = new Map<string, number>();
  for (const { delivery } of batch) {
    const type = typeOf(delivery.subject);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > batch.length / 4).map(([type]) => type));
};

/** As the reader makes them; what it would put aside is left to it. */
const startsOf = async (messages: readonly FeedMessage[], knownTriggers: KnownTriggers): Promise<Start[]> => {
  const { triggers } = await knownTriggers();
  const at = new Date().toISOString();
  const starts: Start[] = [];
  for (const message of messages) {
    const change = changeIn(message);
    if (!change) continue;
    for (const { trigger, view } of (await matchChange(change, triggers)).met) {
      const run = await runOfChange(change, view, trigger, at);
      if (run instanceof Failure) continue;
      starts.push({ run, message: asDelivered(message, change), committedAtMs: Date.parse(change.time) });
    }
  }
  return starts;
};

const changeIn = ({ text }: FeedMessage): ChangeEvent | undefined => {
  try {
    return readChange(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const asDelivered = ({ subject, sequence, time }: FeedMessage, payload: ChangeEvent): Delivered => ({
  payload,
  delivery: { subject, streamSequence: sequence, deliveryCount: 1, time },
});

const typeStartsAt = subjects.change('', '').length - 1;

/** Of a change's subject. */
const typeOf = (subject: string): string => subject.slice(typeStartsAt, subject.lastIndexOf('.'));
