import { createInbox, nanos, type Msg, type Subscription } from '@nats-io/transport-node';
import { setTimeout as pause } from 'node:timers/promises';
import { parseAckSubject, type AckAddress } from './delivery.ts';
import { growingDelayMs } from './growing-delay.ts';
import type { Link } from './link.ts';

export interface PullReaderOptions {
  link: Link;
  stream: string;
  /** The most messages that are asked for or in hand. Larger hides the round trip; smaller shares work evenly. */
  capacity: number;
  /** Puts stream and consumer in place before each session. Rejects when that is not possible yet. Answers with the consumer's name. */
  open: () => Promise<string>;
  onMessage: (message: Msg, address: AckAddress) => void;
}

/**
 * Keeps pulling from one consumer. States: opening (stream and consumer are put in place, again and again with a growing
 * delay), reading (a session: one inbox, pulls as capacity allows), closed. A session ends, and opening begins, when the
 * connection was lost, the server says that the consumer is gone, or nothing is heard for three heartbeats. Messages of an
 * ended session are not handed over.
 */
export interface PullReader {
  readonly opened: Promise<void>;
  readonly isReading: boolean;
  /** Gives back the room of messages that were handed over. */
  release(count: number): void;
  /** Ends the session and opens the next one. */
  reopen(): void;
  /** No further pulls. Messages already on their way are handed over until it resolves. */
  close(): Promise<void>;
}

const PULL_EXPIRES_MS = 30_000;
/** Shorter costs idle traffic per consumer; longer notices a lost consumer later. */
const HEARTBEAT_MS = 2_000;
const FIRST_REOPEN_MS = 50;
const MOST_REOPEN_MS = 2_000;

const STATUS_IDLE = 100;
const STATUS_NO_MESSAGES = 404;
const STATUS_EXPIRED = 408;

export const makePullReader = ({ link, stream, capacity, open, onMessage }: PullReaderOptions): PullReader => {
  const pullAt = Math.max(1, capacity >> 2);
  const opened = Promise.withResolvers<void>();
  let abort = new AbortController();
  let subscription: Subscription | undefined;
  let inbox = '';
  let nextSubject = '';
  let asked = 0;
  let held = 0;
  let heardAtMs = 0;
  let silentChecks = 0;
  let isClosed = false;

  const pull = (): void => {
    const room = capacity - asked - held;
    if (room < pullAt || subscription === undefined || isClosed) return;
    asked += room;
    link.nc.publish(
      nextSubject,
      `{"batch":${room},"expires":${nanos(PULL_EXPIRES_MS)},"idle_heartbeat":${nanos(HEARTBEAT_MS)}}`,
      { reply: inbox },
    );
  };

  const heardStatus = (message: Msg): void => {
    const code = message.headers?.code ?? 0;
    if (code === STATUS_IDLE) return;
    if (code !== STATUS_EXPIRED && code !== STATUS_NO_MESSAGES) {
      link.log.warn({ stream, code, reason: message.headers?.description }, 'reading interrupted');
      return reopen();
    }
    asked = Math.max(0, asked - Number(message.headers?.get('Nats-Pending-Messages') || 0));
    pull();
  };

  const endSession = (): void => {
    subscription?.unsubscribe();
    subscription = undefined;
    asked = 0;
  };

  const startSession = (consumer: string): void => {
    inbox = createInbox();
    nextSubject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    heardAtMs = Date.now();
    silentChecks = 0;
    const session = link.nc.subscribe(inbox, {
      callback: (error, message) => {
        if (subscription !== session) return;
        if (error !== null) return reopen();
        heardAtMs = Date.now();
        const reply = message.reply;
        if (reply === undefined || reply === '') return heardStatus(message);
        asked--;
        held++;
        onMessage(message, parseAckSubject(reply));
        pull();
      },
    });
    subscription = session;
    pull();
  };

  const openSession = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const consumer = await open();
        if (signal.aborted) return;
        startSession(consumer);
        opened.resolve();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (link.isConnected()) link.log.warn({ err: error, stream }, 'reading cannot begin yet');
        await pause(growingDelayMs(attempt, FIRST_REOPEN_MS, MOST_REOPEN_MS), undefined, { signal }).catch(() => {});
      }
    }
  };

  const reopen = (): void => {
    if (isClosed) return;
    endSession();
    abort.abort();
    abort = new AbortController();
    void openSession(abort.signal);
  };

  const listening = setInterval(() => {
    const isSilent = subscription !== undefined && asked > 0 && Date.now() - heardAtMs > HEARTBEAT_MS * 3;
    // A busy event loop runs timers before the socket: only a second look tells silence from being late.
    silentChecks = isSilent ? silentChecks + 1 : 0;
    if (silentChecks < 2) return;
    link.log.warn({ stream }, 'nothing heard from the consumer');
    reopen();
  }, HEARTBEAT_MS);

  const stopDisconnect = link.onDisconnect(endSession);
  const stopReconnect = link.onReconnect(reopen);
  void openSession(abort.signal);

  return {
    opened: opened.promise,
    get isReading() {
      return subscription !== undefined;
    },
    release: (count) => {
      held -= count;
      pull();
    },
    reopen,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      abort.abort();
      clearInterval(listening);
      stopDisconnect();
      stopReconnect();
      opened.resolve();
      if (subscription !== undefined && link.isConnected()) await subscription.drain().catch(() => {});
      subscription = undefined;
    },
  };
};
