import type { ConsumerInfo, JetStreamManager, MsgRequest } from '@nats-io/jetstream';
import { Failure, type StreamDeclaration } from '@nightshift/contracts';
import { isConsumerMissing, isStreamMissing } from './api-errors.ts';
import type { StreamState } from './bus.ts';
import type { Link } from './link.ts';

/** Asks the JetStream API; undefined when there is no such stream or consumer. @throws Failure `messaging.unavailable` */
export const look = async <T>(link: Link, call: (manager: JetStreamManager) => Promise<T>): Promise<T | undefined> => {
  try {
    return await link.ask(call);
  } catch (error) {
    if (isStreamMissing(error) || isConsumerMissing(error)) return undefined;
    throw error instanceof Failure ? error : new Failure('messaging.unavailable', { cause: error });
  }
};

export const streamState = async (link: Link, stream: StreamDeclaration): Promise<StreamState | undefined> => {
  const info = await look(link, (manager) => manager.streams.info(stream.name));
  if (info === undefined) return undefined;
  return { createdAt: new Date(info.created), firstSequence: info.state.first_seq, lastSequence: info.state.last_seq };
};

const consumerInfo = (link: Link, stream: StreamDeclaration, consumer: string): Promise<ConsumerInfo | undefined> =>
  look(link, (manager) => manager.consumers.info(stream.name, consumer));

export const consumerFloor = async (
  link: Link,
  stream: StreamDeclaration,
  consumer: string,
): Promise<number | undefined> => (await consumerInfo(link, stream, consumer))?.ack_floor.stream_seq;

export const oldestUndelivered = async (
  link: Link,
  stream: StreamDeclaration,
  consumers: readonly string[],
): Promise<Date | undefined> => {
  const moments = await Promise.all(consumers.map((consumer) => oldestOf(link, stream, consumer)));
  return moments.reduce((oldest, moment) => (!oldest || (moment && moment < oldest) ? moment : oldest), undefined);
};

const oldestOf = async (link: Link, stream: StreamDeclaration, consumer: string): Promise<Date | undefined> => {
  const info = await consumerInfo(link, stream, consumer);
  if (info === undefined || info.num_pending === 0) return undefined;
  // The server takes both keys together; the client's type knows them one by one.
  const next = { seq: info.delivered.stream_seq + 1, next_by_subj: info.config.filter_subject || '>' } as MsgRequest;
  const message = await look(link, (manager) => manager.streams.getMessage(stream.name, next));
  return message?.time;
};
