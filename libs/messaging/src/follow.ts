import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { StreamDeclaration } from '@nightshift/contracts';
import { randomUUID } from 'node:crypto';
import type { Feed, FollowOptions } from './bus.ts';
import type { Link } from './link.ts';
import { makePullReader } from './pull-reader.ts';

/** Messages asked for at a time; nothing is acked, so only the round trip needs to be hidden. */
const CAPACITY = 512;
/** A reader that is gone for longer begins a new consumer anyway. */
const INACTIVE_MS = 60_000;

/**
 * Reads a stream in order with a consumer of its own in the server's memory, which needs no acks. Each session makes a new one
 * that begins after the last message handed over, so a lost connection or consumer shows as a pause only.
 */
export const follow = async (link: Link, stream: StreamDeclaration, options: FollowOptions): Promise<Feed> => {
  let streamCreated: string | undefined;
  let handedOver = 0;
  let nextConsumerSequence = 1;
  let consumer: string | undefined;

  const open = async (): Promise<string> => {
    await link.ensureStream(stream);
    const info = await link.ask((manager) => manager.streams.info(stream.name));
    if (streamCreated === undefined) {
      handedOver = options.from === 'new' ? info.state.last_seq : options.from.sequence - 1;
      streamCreated = info.created;
    } else if (streamCreated !== info.created || info.state.last_seq < handedOver) {
      handedOver = 0;
      streamCreated = info.created;
      options.onReset?.();
    }
    const start = Math.max(1, handedOver + 1);
    const created = await link.ask((manager) =>
      manager.consumers.add(stream.name, {
        name: `follow-${randomUUID()}`,
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: start,
        inactive_threshold: nanos(INACTIVE_MS),
        mem_storage: true,
        num_replicas: 1,
        ...filterOf(options.filterSubjects),
      }),
    );
    nextConsumerSequence = 1;
    consumer = created.name;
    return consumer;
  };

  const reader = makePullReader({
    link,
    stream: stream.name,
    capacity: CAPACITY,
    open,
    onMessage: (message, { streamSequence, consumerSequence, timeMs }) => {
      reader.release(1);
      if (consumerSequence !== nextConsumerSequence) return reader.reopen();
      nextConsumerSequence++;
      handedOver = streamSequence;
      try {
        options.onMessage({
          sequence: streamSequence,
          subject: message.subject,
          text: message.string(),
          time: new Date(timeMs),
        });
      } catch (error) {
        // Thrown on, it would end the client's reading from the socket.
        link.log.error({ err: error, stream: stream.name, streamSequence }, 'a feed listener failed');
      }
    },
  });
  await reader.opened;

  return {
    close: async () => {
      await reader.close();
      const name = consumer;
      // Left behind, it would go away by itself a minute later.
      if (name !== undefined) await link.ask((manager) => manager.consumers.delete(stream.name, name)).catch(() => {});
    },
  };
};

const filterOf = (filterSubjects: string[] | undefined): object => {
  if (filterSubjects === undefined || filterSubjects.length === 0) return {};
  return filterSubjects.length === 1 ? { filter_subject: filterSubjects[0] } : { filter_subjects: filterSubjects };
};
