import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { nanos, type Msg } from '@nats-io/transport-node';
import { asFailure, Failure, streams } from '@nightshift/contracts';
import { makeAcks } from './acks.ts';
import type { Bus, ConsumeOptions, RunningConsumer } from './bus.ts';
import { publishDeadLetter } from './dead-letter.ts';
import type { AckAddress, Delivery } from './delivery.ts';
import { putDurable } from './durable.ts';
import { growingDelayMs } from './growing-delay.ts';
import type { Link } from './link.ts';
import { makePullReader, type PullReader } from './pull-reader.ts';

/** A durable consumer that is read here, with what it brought and has not been started. */
interface Source {
  readonly consumer: string;
  readonly reader: PullReader;
  readonly waiting: InHand[];
  /** When the server made the consumer; its sequences mean nothing to another one of the same name. */
  created: string;
}

interface InHand {
  readonly source: Source;
  readonly reply: string;
  readonly message: Msg;
  readonly delivery: Delivery;
  readonly consumerCreated: string;
  /** The tick of the heartbeat in which it arrived. */
  readonly sinceTick: number;
}

/** First and longest wait before a failed message comes again. */
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 30_000;
/**
 * Deliveries that the server allows beyond `maxDeliver`, after which only its advisory is left: hand-backs of replicas that shut
 * down and crashes in the middle of the last delivery must not use up a message that nobody ever refused.
 */
const SPARE_DELIVERIES = 5;
/** For all replicas together; below replicas × concurrency × 2 the server would hold back work. */
const MAX_ACK_PENDING = 20_000;
const CLOSE_CHECK_MS = 20;

/**
 * Handles messages of a shared durable consumer and its lanes, at most `concurrency` at a time and of each half as many waiting here. One timer tells
 * the server about everything that takes longer than a third of the ack wait. Answers to a consumer that has been
 * made again since the delivery are dropped: its sequences mean other messages now.
 */
export const consume = (
  link: Link,
  bus: Pick<Bus, 'publish'>,
  options: ConsumeOptions,
  handle: (payload: unknown, delivery: Delivery) => unknown,
): RunningConsumer => {
  const { stream, concurrency, maxDeliver, ackWaitMs } = options;
  const acks = makeAcks(link);
  const inHand = new Set<InHand>();
  let running = 0;
  let tick = 0;
  let isClosing = false;

  const openSource = (consumer: string, filterSubject: string | undefined): Source => {
    const open = async (): Promise<string> => {
      await Promise.all([link.ensureStream(stream), link.ensureStream(streams.dead)]);
      const info = await putDurable(link, stream.name, {
        durable_name: consumer,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: nanos(ackWaitMs),
        max_deliver: maxDeliver + SPARE_DELIVERIES,
        max_ack_pending: MAX_ACK_PENDING,
        ...(filterSubject !== undefined && { filter_subject: filterSubject }),
      });
      source.created = info.created;
      return consumer;
    };
    const source: Source = {
      consumer,
      created: '',
      waiting: [],
      reader: makePullReader({
        link,
        stream: stream.name,
        capacity: concurrency + Math.max(1, concurrency >> 1),
        open,
        onMessage: (message, address) => onMessage(source, message, address),
      }),
    };
    return source;
  };

  /** The message is out of this process's hands; false when it already was. */
  const letGo = (item: InHand): boolean => {
    if (!inHand.delete(item)) return false;
    item.source.reader.release(1);
    return item.consumerCreated === item.source.created;
  };

  const startNext = (): void => {
    running--;
    for (let idle = 0; running < concurrency && idle < sources.length;) {
      turn = (turn + 1) % sources.length;
      const next = sources[turn]!.waiting.shift();
      idle = next ? 0 : idle + 1;
      if (next) start(next);
    }
  };

  const succeeded = (item: InHand): void => {
    if (letGo(item)) acks.ack(item.reply);
    startNext();
  };

  const failed = (item: InHand, payload: unknown, error: unknown): void => {
    startNext();
    const failure = asFailure(error);
    const { delivery } = item;
    const { subject, streamSequence, deliveryCount } = delivery;
    if (failure.canRetry && deliveryCount < maxDeliver) {
      link.log.warn({ err: failure, subject, streamSequence, deliveryCount }, 'message failed');
      if (letGo(item)) acks.handBack(item.reply, growingDelayMs(deliveryCount - 1, FIRST_RETRY_MS, MOST_RETRY_MS));
      return;
    }
    link.log.error({ err: failure, subject, streamSequence, deliveryCount }, 'message given up');
    // It stays in hand until the dead letter is stored, so that it is never in neither place.
    try {
      publishDeadLetter(
        bus,
        { stream: stream.name, consumer: item.source.consumer },
        { payload, delivery },
        failure,
        () => {
          if (letGo(item)) acks.terminate(item.reply);
        },
      );
    } catch (refused) {
      // The bus is closed: the server gives the message to somebody else.
      link.log.warn({ err: refused, subject, streamSequence }, 'dead letter not stored');
    }
  };

  const start = (item: InHand): void => {
    running++;
    let payload: unknown;
    const text = item.message.string();
    try {
      payload = JSON.parse(text);
    } catch (cause) {
      return failed(item, text, new Failure('request.malformed', { detail: 'The message is not JSON.', cause }));
    }
    let result: unknown;
    try {
      result = handle(payload, item.delivery);
    } catch (error) {
      return failed(item, payload, error);
    }
    if (result instanceof Promise) {
      result.then(
        () => succeeded(item),
        (error: unknown) => failed(item, payload, error),
      );
    } else {
      succeeded(item);
    }
  };

  const onMessage = (source: Source, message: Msg, address: AckAddress): void => {
    const item: InHand = {
      source,
      reply: message.reply!,
      message,
      delivery: {
        subject: message.subject,
        streamSequence: address.streamSequence,
        deliveryCount: address.deliveryCount,
        time: new Date(address.timeMs),
      },
      consumerCreated: source.created,
      sinceTick: tick,
    };
    inHand.add(item);
    if (isClosing) handBackNow(item);
    else if (running < concurrency) start(item);
    else source.waiting.push(item);
  };

  const handBackNow = (item: InHand): void => {
    if (letGo(item)) acks.handBack(item.reply, 0);
  };

  const sources = [
    openSource(options.consumer, options.filterSubject),
    ...(options.lanes ?? []).map((lane) => openSource(lane.consumer, lane.filterSubject)),
  ];
  let turn = 0;

  const working = setInterval(
    () => {
      tick++;
      for (const item of inHand) {
        if (tick - item.sinceTick < 2) break;
        if (item.consumerCreated === item.source.created) acks.working(item.reply);
      }
    },
    Math.max(100, ackWaitMs / 3),
  );

  return {
    opened: Promise.all(sources.map(({ reader }) => reader.opened)).then(() => {}),
    get isReading() {
      return sources.every(({ reader }) => reader.isReading);
    },
    close: async (graceMs) => {
      isClosing = true;
      for (const { waiting } of sources) for (const item of waiting.splice(0)) handBackNow(item);
      await Promise.all(sources.map(({ reader }) => reader.close()));
      const deadline = Date.now() + graceMs;
      while (inHand.size > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, CLOSE_CHECK_MS));
      }
      clearInterval(working);
      for (const item of inHand) handBackNow(item);
      await new Promise((resolve) => setImmediate(resolve));
      if (link.isConnected()) await link.nc.flush().catch(() => {});
    },
  };
};
