import type { FailureCode, StreamDeclaration } from '@nightshift/contracts';
import type { Delivered, Delivery } from './delivery.ts';
import type { MessagingLog } from './messaging-log.ts';

export interface BusOptions {
  /** `nats://user:password@host:port`, several separated by commas. `tls://` asks for TLS. */
  url: string;
  /** What the server shows this connection as. */
  name: string;
  log?: MessagingLog;
  /** Copies of each stream in a cluster; 1 without one. */
  replicas?: number;
  /**
   * How many publishes may wait for their ack before `whenWritable` makes callers wait. Smaller costs throughput once it is
   * below rate × round trip; larger costs memory here, and a longer repetition after a lost connection.
   */
  publishWindow?: number;
}

export interface PublishOptions {
  /** `Nats-Msg-Id`: a repeat within the stream's duplicate window is dropped by the server. */
  id?: string;
  /** Called once, when the stream has stored the message, with its place there. */
  onAck?: (streamSequence: number) => void;
}

export interface RequestOptions {
  timeoutMs: number;
  /** The code of the failure when nobody answers. */
  unavailable?: FailureCode;
}

export interface Closable {
  close(): void;
}

export interface StreamState {
  /** Changes when the stream was lost and made again. */
  createdAt: Date;
  firstSequence: number;
  lastSequence: number;
}

export interface FeedMessage {
  sequence: number;
  subject: string;
  text: string;
  time: Date;
}

export interface FollowOptions {
  /** Absent: the whole stream. */
  filterSubjects?: string[];
  /** The first sequence wanted, or only what is stored from now on. */
  from: { sequence: number } | 'new';
  /** Called in stream order, without gap or repeat, until `onReset`. */
  onMessage: (message: FeedMessage) => void;
  /** The stream was lost and made again: sequences start again, and what is in it now follows from its beginning. */
  onReset?: () => void;
}

export interface Feed {
  close(): Promise<void>;
}

/** A durable pull consumer of one stream, shared by all replicas that name it alike. */
export interface ConsumerDeclaration {
  stream: StreamDeclaration;
  consumer: string;
  /** Absent: every message of the stream. */
  filterSubject?: string;
  /** After this long without an ack or a sign of work the server gives a message to somebody else. */
  ackWaitMs: number;
}

export interface ConsumeOptions extends ConsumerDeclaration {
  /** How many messages this process handles at the same time. */
  concurrency: number;
  /** A message that fails this often is a dead letter. */
  maxDeliver: number;
  /**
   * More durable consumers of the stream, each with messages of its own, that share the concurrency. While there is more than can be handled,
   * the consumer and its lanes take turns: a flood in one of them does not hold up the others.
   */
  lanes?: readonly Lane[];
}

/** One of several consumers that share a handler. */
export interface Lane {
  consumer: string;
  filterSubject: string;
}

export interface ConsumeInOrderOptions extends ConsumerDeclaration {
  /** The most messages handed over at once. */
  batch: number;
}

export interface RunningConsumer {
  /** Settles when the first messages can arrive. */
  readonly opened: Promise<void>;
  /** Whether messages can arrive now; false while the server or the connection is away. */
  readonly isReading: boolean;
  /** Takes no more work, waits up to `graceMs` for what is in hand, hands back the rest. */
  close(graceMs: number): Promise<void>;
}

/**
 * One connection to NATS and everything that Nightshift does over it. It reconnects for ever, and puts streams and consumers
 * back when the server lost them; only a `close` ends it.
 */
export interface Bus {
  readonly name: string;
  readonly isConnected: boolean;

  /** Creates or corrects the streams, and remembers them: they are put back whenever they are found missing. Idempotent. */
  ensureStreams(declarations: readonly StreamDeclaration[]): Promise<void>;

  /**
   * Hands a message to the stream of its subject. It is kept and repeated until the stream has acknowledged it, across lost
   * connections and streams, so without an `id` it may be stored twice. Order is kept as long as nothing is repeated.
   * @throws Failure `messaging.unavailable` when the bus is closed, `request.too_large` when the server would refuse the size
   */
  publish(subject: string, payload: string, options?: PublishOptions): void;
  /** Resolves when everything published up to now is stored. */
  flush(): Promise<void>;
  /** Resolves when fewer publishes than the window wait for their ack. */
  whenWritable(): Promise<void>;

  /**
   * Asks over core NATS and unwraps the `Reply`.
   * @throws Failure what the answering service refused with, or `unavailable` when nobody answered in time
   */
  request<T>(subject: string, body: unknown, options: RequestOptions): Promise<T>;
  /** Answers requests, one of those that name the same `queue` each. What the handler throws is answered as a problem. */
  serve(
    subject: string,
    handler: (body: unknown, subject: string) => unknown,
    options: { queue: string },
  ): { close(): Promise<void> };

  /** Fire and forget, to whoever listens now. Lost while the connection is away. */
  send(subject: string, body: unknown): void;
  /** The same for JSON that is written already. */
  sendText(subject: string, text: string): void;
  /** Hears what is sent; of several that name the same `queue`, one. */
  subscribe(subject: string, handler: (body: unknown, subject: string) => void, options?: { queue?: string }): Closable;

  /** Reads a stream as it grows, for this process alone. */
  follow(stream: StreamDeclaration, options: FollowOptions): Promise<Feed>;
  /**
   * Handles messages, several at a time. Resolved: acked. Rejected: again after a growing delay, or a dead letter when the
   * failure cannot be retried or the message has been delivered `maxDeliver` times.
   */
  consume(options: ConsumeOptions, handle: (payload: unknown, delivery: Delivery) => unknown): RunningConsumer;
  /**
   * Handles messages in stream order, batch after batch, for the one reader that holds the leadership. Rejected: the same
   * batch again after a growing delay, for ever. Taking over needs no waiting for the predecessor's acks.
   */
  consumeInOrder(options: ConsumeInOrderOptions, handle: (batch: Delivered[]) => unknown): RunningConsumer;

  /** Undefined when there is no such stream. @throws Failure `messaging.unavailable` */
  streamState(stream: StreamDeclaration): Promise<StreamState | undefined>;
  /** Up to which stream sequence the consumer has acked everything; undefined when there is no such consumer. @throws Failure `messaging.unavailable` */
  consumerFloor(stream: StreamDeclaration, consumer: string): Promise<number | undefined>;
  /** When the oldest message that the consumer has not been given yet was stored; undefined when there is none. @throws Failure `messaging.unavailable` */
  oldestUndelivered(stream: StreamDeclaration, ...consumers: string[]): Promise<Date | undefined>;

  /**
   * The messages of a stream in their order, from a sequence on, at most `limit`; none when there is no such stream.
   * @throws Failure `messaging.unavailable`
   */
  readStream(stream: StreamDeclaration, range: { fromSequence: number; limit: number }): Promise<FeedMessage[]>;
  /** One message of a stream; undefined when it is not, or no longer, there. @throws Failure `messaging.unavailable` */
  getMessage(stream: StreamDeclaration, sequence: number): Promise<FeedMessage | undefined>;
  /** Takes one message out of a stream. False: it was not there. @throws Failure `messaging.unavailable` */
  deleteMessage(stream: StreamDeclaration, sequence: number): Promise<boolean>;

  /** Called after each reconnect, when the streams are back in place. Returns what ends it. */
  onReconnect(listener: () => void): () => void;
  /** Ends what still reads, without grace, sends out what is pending and closes the connection. Idempotent. */
  close(): Promise<void>;
}
