import { AckPolicy } from '@nats-io/jetstream';
import { nanos, type Msg } from '@nats-io/transport-node';
import { asFailure } from '@nightshift/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { makeAcks } from './acks.ts';
import type { ConsumeInOrderOptions, RunningConsumer } from './bus.ts';
import type { AckAddress, Delivered } from './delivery.ts';
import { growingDelayMs } from './growing-delay.ts';
import type { Link } from './link.ts';
import { makePullReader } from './pull-reader.ts';
import { restartAfterFloor } from './reading-position.ts';

interface Read {
  readonly message: Msg;
  readonly address: AckAddress;
}

const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 10_000;
/**
 * Never reached on purpose: a session that ends is followed by one that begins at the ack floor, so no message ever
 * waits for its ack time-out, and a batch that is repeated for an hour is not delivered behind its successors.
 */
const ACK_WAIT_MS = 24 * 60 * 60_000;
const CLOSE_CHECK_MS = 10;

const decode = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * Hands over a stream batch by batch, in order, one batch at a time, and acks each with one ack for its last message. Every
 * session begins at the ack floor; what the batch in hand covers meanwhile is skipped and acked, not handed over twice.
 */
export const consumeInOrder = (
  link: Link,
  options: ConsumeInOrderOptions,
  handle: (batch: Delivered[]) => unknown,
): RunningConsumer => {
  const { stream, consumer, batch: batchSize } = options;
  // A queue forgets what is acked one by one; its order is nobody's, and the server takes no ack for several.
  if (stream.retention === 'workqueue')
    throw new Error(`${stream.name} is a work queue, which cannot be read in order`);
  const acks = makeAcks(link);
  const closing = new AbortController();
  let buffer: Read[] = [];
  let streamCreated = '';
  let session = 0;
  let nextConsumerSequence = 1;
  let handledUpTo = 0;
  let isHandling = false;

  const open = async (): Promise<string> => {
    buffer = [];
    await link.ensureStream(stream);
    const info = await link.ask((manager) => manager.streams.info(stream.name));
    if (info.created !== streamCreated) handledUpTo = 0;
    streamCreated = info.created;
    await restartAfterFloor(
      link,
      stream,
      {
        durable_name: consumer,
        ack_policy: AckPolicy.All,
        ack_wait: nanos(ACK_WAIT_MS),
        max_deliver: -1,
        max_ack_pending: batchSize * 4,
        ...(options.filterSubject !== undefined && { filter_subject: options.filterSubject }),
      },
      handledUpTo + 1,
    );
    session++;
    nextConsumerSequence = 1;
    return consumer;
  };

  const onMessage = (message: Msg, address: AckAddress): void => {
    if (address.consumerSequence !== nextConsumerSequence) {
      link.log.warn(
        { stream: stream.name, consumer, expected: nextConsumerSequence, got: address.consumerSequence },
        'message missed',
      );
      reader.release(1);
      return reader.reopen();
    }
    nextConsumerSequence++;
    buffer.push({ message, address });
    if (!isHandling) {
      isHandling = true;
      // The rest of what the socket has just brought goes into the same batch.
      setImmediate(() => void handleBuffered());
    }
  };

  const handleBuffered = async (): Promise<void> => {
    while (buffer.length > 0 && !closing.signal.aborted) await handleBatch(buffer.splice(0, batchSize));
    isHandling = false;
  };

  const handleBatch = async (reads: Read[]): Promise<void> => {
    const last = reads.at(-1)!;
    const of = { session, streamCreated };
    const batch = reads
      .filter(({ address }) => address.streamSequence > handledUpTo)
      .map(({ message, address: { streamSequence, deliveryCount, timeMs } }): Delivered => ({
        payload: decode(message.string()),
        delivery: { subject: message.subject, streamSequence, deliveryCount, time: new Date(timeMs) },
      }));
    for (let attempt = 0; batch.length > 0; attempt++) {
      try {
        await handle(batch);
        break;
      } catch (error) {
        link.log.error(
          {
            err: asFailure(error),
            stream: stream.name,
            fromSequence: batch[0]!.delivery.streamSequence,
            size: batch.length,
            attempt,
          },
          'batch failed',
        );
        await pause(growingDelayMs(attempt, FIRST_RETRY_MS, MOST_RETRY_MS), undefined, {
          signal: closing.signal,
        }).catch(() => {});
        if (closing.signal.aborted) return;
        // The stream was lost meanwhile: what follows is another stream's beginning.
        if (of.streamCreated !== streamCreated) break;
      }
    }
    if (of.streamCreated === streamCreated) handledUpTo = Math.max(handledUpTo, last.address.streamSequence);
    if (of.session === session) acks.ack(last.message.reply!);
    reader.release(reads.length);
  };

  const reader = makePullReader({ link, stream: stream.name, capacity: batchSize * 2, open, onMessage });

  return {
    opened: reader.opened,
    get isReading() {
      return reader.isReading;
    },
    close: async (graceMs) => {
      closing.abort();
      await reader.close();
      const deadline = Date.now() + graceMs;
      while (isHandling && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, CLOSE_CHECK_MS));
      await new Promise((resolve) => setImmediate(resolve));
      if (link.isConnected()) await link.nc.flush().catch(() => {});
    },
  };
};
