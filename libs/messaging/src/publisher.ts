import { createInbox, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { Failure } from '@nightshift/contracts';
import type { PublishOptions } from './bus.ts';
import { growingDelayMs } from './growing-delay.ts';
import type { Link } from './link.ts';

interface Outgoing {
  readonly subject: string;
  readonly payload: string;
  readonly headers: MsgHdrs | undefined;
}

/** Messages of one stream that go out together; the last one's ack is for all of them. */
interface Unacked {
  readonly number: number;
  readonly messages: [Outgoing, ...Outgoing[]];
  readonly onAck: ((streamSequence: number) => void) | undefined;
  sentAtTick: number;
  /** Not on its way: refused, timed out, or never sent because the connection is away. */
  isWaiting: boolean;
  wasRefused: boolean;
}

interface FlushWaiter {
  readonly upTo: number;
  readonly resolve: () => void;
}

export interface Publisher {
  /** Sends without an ack, in the order of everything else. */
  send(subject: string, payload: string): void;
  /** Sends at once what waits for the end of this turn of the event loop. */
  sendPending(): void;
  publish(subject: string, payload: string, options?: PublishOptions): void;
  flush(): Promise<void>;
  whenWritable(): Promise<void>;
  close(): void;
}

interface PublisherDeps {
  link: Link;
  publishWindow: number;
  /** Puts the streams in place, for messages that no stream took. */
  restoreStreams: () => Promise<void>;
}

/** Smaller repeats messages that a slow disk is about to ack (harmless with an id); larger delays what was really lost. */
const ACK_TIMEOUT_TICKS = 5;
const TICK_MS = 1_000;
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 2_000;
/** What the server allows a message unless it says otherwise. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** Messages that share an ack, and are repeated together without one. */
const GROUP_MOST = 100;

/** Subjects of one stream begin with the same two words. */
const streamOf = (subject: string): string => subject.slice(0, subject.indexOf('.', subject.indexOf('.') + 1));

/**
 * The one header that is needed, written directly: the client's general header map costs more than the rest of a publish.
 * The client only ever calls `encode` on what it is given to publish.
 */
const messageIdHeader = (id: string): MsgHdrs =>
  ({ encode: () => Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`) }) as unknown as MsgHdrs;

/**
 * Publishes without waiting for each ack: every message names its own reply subject below one shared inbox, and is kept by its
 * number until the ack arrives there. What one turn of the event loop publishes goes out at its end, in one write, and messages of
 * one stream share an ack: a write costs more than ten messages. A message is on its way, or waits: after a refusal, a time-out, "no responders" (the
 * stream is missing) or a lost connection. Whatever waits is sent again, in order, once the streams are back in place.
 */
export const makePublisher = ({ link, publishWindow, restoreStreams }: PublisherDeps): Publisher => {
  const inbox = createInbox();
  const numberAt = inbox.length + 1;
  const unacked = new Map<number, Unacked>();
  /** Messages in all of them. */
  let unackedMessages = 0;
  const flushWaiters: FlushWaiter[] = [];
  let writableWaiters: (() => void)[] = [];
  let lastNumber = 0;
  let tick = 0;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  let isRetrying = false;
  let failedRetries = 0;
  /** The connection was away, and what waited for it has not been sent yet: later messages queue up behind, in order. */
  let isBehind = false;

  /** What goes out at the end of this turn of the event loop, in order. */
  let pending: (Unacked | Outgoing)[] = [];
  /** Of those, by stream, the group that the next message of the stream joins. */
  let open = new Map<string, Unacked>();

  const sendPending = (): void => {
    if (pending.length === 0) return;
    const sending = pending;
    pending = [];
    open = new Map();
    if (!link.isConnected()) return;
    for (const next of sending) {
      if (!('messages' in next)) link.nc.publish(next.subject, next.payload);
      // Lost the connection meanwhile: it is sent again with all that waits.
      else if (!isBehind) transmit(next);
    }
  };

  const sendSoon = (next: Unacked | Outgoing): void => {
    if (pending.push(next) === 1) setImmediate(sendPending);
  };

  const transmit = (message: Unacked): void => {
    message.sentAtTick = tick;
    message.isWaiting = false;
    const { messages } = message;
    // Nothing may join a group that is on its way: its ack would speak for what was never sent.
    const stream = streamOf(messages[0].subject);
    if (open.get(stream) === message) open.delete(stream);
    const last = messages.length - 1;
    messages.forEach(({ subject, payload, headers }, index) => {
      const reply = index === last ? `${inbox}.${message.number}` : undefined;
      // Short texts share a buffer this way; the client would make one for each.
      link.nc.publish(subject, Buffer.from(payload), { reply, headers });
    });
  };

  const retrySoon = (delayMs: number): void => {
    if (retry === undefined && !isRetrying && !isClosed) retry = setTimeout(() => void retryWaiting(), delayMs);
  };

  const retryWaiting = async (): Promise<void> => {
    retry = undefined;
    if (isClosed || !link.isConnected()) return;
    isRetrying = true;
    failedRetries++;
    try {
      await restoreStreams();
    } catch (error) {
      link.log.warn({ err: error, unacked: unacked.size }, 'streams cannot be put in place yet');
    }
    isRetrying = false;
    if (isClosed || !link.isConnected()) return;
    // Also when not all streams are in place: one that cannot be must not hold up the others.
    for (const message of unacked.values()) if (message.isWaiting) transmit(message);
    isBehind = false;
  };

  const settleWaiters = (): void => {
    if (writableWaiters.length > 0 && unackedMessages < publishWindow) {
      const waiters = writableWaiters;
      writableWaiters = [];
      for (const resolve of waiters) resolve();
    }
    if (flushWaiters.length === 0) return;
    const oldest = unacked.keys().next().value ?? Infinity;
    while (flushWaiters.length > 0 && flushWaiters[0]!.upTo < oldest) flushWaiters.shift()!.resolve();
  };

  const acknowledged = (reply: Msg): void => {
    const message = unacked.get(Number(reply.subject.slice(numberAt)));
    if (message === undefined) return;
    const answer =
      reply.data.length === 0 ? undefined : (reply.json() as { seq?: number; error?: { description?: string } });
    if (answer === undefined || answer.error !== undefined || answer.seq === undefined) {
      if (retry === undefined && !isRetrying) {
        const reason = answer?.error?.description ?? 'no stream';
        link.log.warn({ subject: message.messages[0]!.subject, reason, unacked: unacked.size }, 'publish refused');
      }
      message.isWaiting = true;
      message.wasRefused = true;
      retrySoon(growingDelayMs(failedRetries, FIRST_RETRY_MS, MOST_RETRY_MS));
      return;
    }
    unacked.delete(message.number);
    unackedMessages -= message.messages.length;
    if (message.wasRefused) failedRetries = 0;
    try {
      message.onAck?.(answer.seq);
    } catch (error) {
      // Thrown on, it would end the client's reading from the socket.
      link.log.error({ err: error, subject: message.messages[0]!.subject }, 'an ack listener failed');
    }
    settleWaiters();
  };

  const subscription = link.nc.subscribe(`${inbox}.*`, {
    callback: (error, reply) => {
      if (error === null) acknowledged(reply);
    },
  });

  const ticking = setInterval(() => {
    tick++;
    if (!link.isConnected()) return;
    let isLate = false;
    for (const message of unacked.values()) {
      if (!message.isWaiting && tick - message.sentAtTick > ACK_TIMEOUT_TICKS) message.isWaiting = true;
      isLate ||= message.isWaiting;
    }
    if (isLate) retrySoon(0);
  }, TICK_MS);

  const stopDisconnect = link.onDisconnect(() => {
    clearTimeout(retry);
    retry = undefined;
    isBehind = true;
    for (const message of unacked.values()) message.isWaiting = true;
  });
  const stopReconnect = link.onReconnect(() => {
    failedRetries = 0;
    retrySoon(0);
  });

  /** A character has at most three bytes: only long texts need to be counted. */
  const isTooLarge = (payload: string): boolean => {
    const mostBytes = link.nc.info?.max_payload ?? MAX_PAYLOAD_BYTES;
    return payload.length * 3 > mostBytes && Buffer.byteLength(payload) > mostBytes - 1024;
  };

  const outgoing = ({ subject, payload, id }: { subject: string; payload: string; id?: string }): Outgoing => {
    if (isTooLarge(payload)) {
      throw new Failure('request.too_large', {
        detail: `A message of ${payload.length} characters is more than the message server takes.`,
      });
    }
    return { subject, payload, headers: id === undefined ? undefined : messageIdHeader(id) };
  };

  const publish = (message: Outgoing, onAck?: (streamSequence: number) => void): void => {
    if (isClosed) throw new Failure('messaging.unavailable', { detail: 'The connection is closed.' });
    unackedMessages++;
    const stream = streamOf(message.subject);
    const group = open.get(stream);
    if (group !== undefined && onAck === undefined && group.messages.length < GROUP_MOST) {
      group.messages.push(message);
      return;
    }
    const alone: Unacked = {
      number: ++lastNumber,
      messages: [message],
      onAck,
      sentAtTick: tick,
      isWaiting: true,
      wasRefused: false,
    };
    unacked.set(alone.number, alone);
    // Who wants to know the place of his message shares no ack, and whatever follows stays behind it.
    if (onAck === undefined) open.set(stream, alone);
    else open.delete(stream);
    if (link.isConnected() && !isBehind) sendSoon(alone);
  };

  return {
    send: (subject, payload) => {
      if (!link.isConnected()) return;
      // The client throws where nobody could catch it.
      if (isTooLarge(payload))
        link.log.error({ subject, characters: payload.length }, 'a message is too large to be sent');
      else sendSoon({ subject, payload, headers: undefined });
    },
    sendPending,
    publish: (subject, payload, options) => publish(outgoing({ subject, payload, id: options?.id }), options?.onAck),
    flush: () =>
      unacked.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => flushWaiters.push({ upTo: lastNumber, resolve })),
    whenWritable: () =>
      unackedMessages < publishWindow ? Promise.resolve() : new Promise((resolve) => writableWaiters.push(resolve)),
    close: () => {
      isClosed = true;
      clearInterval(ticking);
      clearTimeout(retry);
      stopDisconnect();
      stopReconnect();
      subscription.unsubscribe();
    },
  };
};
