import { consumers, streams } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { CaptureMetrics } from './capture-metrics.ts';
import type { Queryable } from '../database/queryable.ts';
import { announceGaps } from './announce-gaps.ts';
import { makeConfirmedPosition } from './confirmed-position.ts';
import { makeLogReader } from './log-reader.ts';
import { insertGap } from './gaps.ts';
import { openLogStream, type LogStream } from './log-stream.ts';

/** What a session needs of the message bus. */
export type ChangeBus = Pick<
  Bus,
  'isConnected' | 'ensureStreams' | 'publish' | 'flush' | 'whenWritable' | 'streamState' | 'consumerFloor' | 'close'
>;

export interface RelaySessionOptions {
  url: string;
  slot: string;
  db: Queryable;
  /** Of this session alone: what it has not delivered must die with it. */
  connect: () => Promise<ChangeBus>;
  metrics: CaptureMetrics;
  logger: Logger;
  signal: AbortSignal;
  onStarted: () => void;
}

/** How often the stream and the trigger service's floor are looked at, and Postgres hears that we live. */
const LOOK_MS = 1_000;
/** Must be less than a message server takes to start again: see `runRelaySession`. */
const CONNECTION_CHECK_MS = 20;
/** Larger delays the pause, and costs memory; smaller pauses more often. */
export const UNACKED_MAX = 4_096;

/**
 * Reads the log from the confirmed position and publishes it, until something is not as it was: the connection to Postgres or
 * to the message server, or the stream, which may be lost with all that it held. Then it ends, and the next session begins at
 * the confirmed position again; the stream drops what it has already (`Nats-Msg-Id`), the trigger service what it has started.
 *
 * Going on instead would break the order: what is under way would reach a new stream before what was lost with the old one. For
 * the same reason a session has a bus of its own and closes it before it can reconnect and repeat.
 */
export const runRelaySession = async (options: RelaySessionOptions): Promise<void> => {
  const { signal } = options;
  const ending = Promise.withResolvers<never>();
  ending.promise.catch(() => {});
  const abort = (): void => ending.reject(new Error('the relay is closing'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  let bus: ChangeBus | undefined;
  let log: LogStream | undefined;
  let closeReader: (() => void) | undefined;
  const timers: NodeJS.Timeout[] = [];
  try {
    bus = await options.connect();
    const connected = bus;
    timers.push(
      setInterval(() => {
        if (!connected.isConnected) ending.reject(new Error('the message server is away'));
      }, CONNECTION_CHECK_MS),
    );
    await Promise.race([bus.ensureStreams([streams.changes]), ending.promise]);
    const stream = await watchStream(bus);
    await Promise.race([announceGaps(options.db, options.slot, bus), ending.promise]);
    const relay = openRelay(options, bus, stream);
    log = relay.log;
    closeReader = relay.closeReader;
    await Promise.race([log.started, ending.promise]);
    options.onStarted();
    timers.push(setInterval(() => void relay.look().catch(ending.reject), LOOK_MS));
    await Promise.race([log.ended, ending.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    timers.forEach(clearInterval);
    // The log first: nothing is published any more. Then the bus, with whatever it still holds.
    await log?.close();
    await bus?.close();
    closeReader?.();
  }
};

/** Notices that the stream is not the one that it was. */
interface StreamWatch {
  /** @throws Error when the stream was lost, or another one stands in its place */
  look(): Promise<void>;
  acked(sequence: number): void;
}

const watchStream = async (bus: ChangeBus): Promise<StreamWatch> => {
  const first = await bus.streamState(streams.changes);
  if (first === undefined) throw new Error('the stream of changes is missing');
  let last = first.lastSequence;
  return {
    look: async () => {
      const lastKnown = last;
      const state = await bus.streamState(streams.changes);
      const isSame = state?.createdAt.getTime() === first.createdAt.getTime() && state.lastSequence >= lastKnown;
      if (!isSame) throw new Error('the stream of changes was lost');
    },
    acked: (sequence) => {
      if (sequence > last) last = sequence;
    },
  };
};

const openRelay = (
  { url, slot, db, metrics, logger }: RelaySessionOptions,
  bus: ChangeBus,
  stream: StreamWatch,
): { log: LogStream; closeReader: () => void; look: () => Promise<void> } => {
  const confirmed = makeConfirmedPosition();
  /** Confirmed while the stream was seen to be the same: acks of a stream that took its place prove nothing. */
  let verified = 0;
  let unacked = 0;

  const reader = makeLogReader({
    onBegin: confirmed.begin,
    onCommit: confirmed.commit,
    onEvent: (subject, id, json) => {
      const batch = confirmed.published();
      unacked++;
      bus.publish(subject, json, {
        id,
        onAck: (sequence) => {
          unacked--;
          stream.acked(sequence);
          confirmed.acked(batch, sequence);
          metrics.published.inc();
        },
      });
    },
    room: () => (unacked < UNACKED_MAX ? undefined : bus.whenWritable()),
    onTruncated: async (types, { commitPosition, time }) => {
      metrics.troubles.inc({ trouble: 'truncate' });
      const position = commitPosition.replace(/\b0+(?=[0-9A-F])/g, '');
      const isNew = await insertGap(db, {
        slot,
        reason: 'truncate',
        from: { position, at: time },
        to: { position, at: time },
        types: Object.fromEntries(types.map((type) => [type, null])),
        detail: `${types.join(', ')} truncated, and the trigger that deletes the things first was not there.`,
        foundBy: `${slot} truncate ${commitPosition}`,
      });
      if (isNew) metrics.gaps.inc({ reason: 'truncate' });
      logger.error({ types, position }, 'things were truncated, not deleted: they are in no event');
      await announceGaps(db, slot, bus);
    },
    onTrouble: (trouble, fields) => {
      metrics.troubles.inc({ trouble });
      logger[trouble === 'origin' ? 'warn' : 'error'](
        { trouble, ...fields },
        'a change is not captured as it should be',
      );
    },
  });

  const log = openLogStream({
    url,
    slot,
    onMessage: reader.take,
    onKeepalive: (position, wantsAnswer) => {
      confirmed.idleAt(position);
      if (wantsAnswer) log.confirm(verified);
    },
  });

  const look = async (): Promise<void> => {
    const floor = await bus.consumerFloor(streams.changes, consumers.trigger);
    // After the floor, which is thereby one of this stream.
    await stream.look();
    if (floor !== undefined) confirmed.finishedTo(floor);
    verified = confirmed.position;
    log.confirm(verified);
    metrics.waiting.set(confirmed.waiting);
  };
  return { log, closeReader: reader.close, look };
};
