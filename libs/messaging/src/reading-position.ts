import { AckPolicy, DeliverPolicy, type ConsumerConfig, type ConsumerInfo } from '@nats-io/jetstream';
import type { StreamDeclaration } from '@nightshift/contracts';
import { isConsumerMissing } from './api-errors.ts';
import type { Link } from './link.ts';

type DurableConfig = Partial<ConsumerConfig> & { durable_name: string };

const infoOf = (link: Link, stream: string, consumer: string): Promise<ConsumerInfo | undefined> =>
  link
    .ask((manager) => manager.consumers.info(stream, consumer))
    .catch((error: unknown) => {
      if (isConsumerMissing(error)) return undefined;
      throw error;
    });

const remove = async (link: Link, stream: string, consumer: string): Promise<void> => {
  await link
    .ask((manager) => manager.consumers.delete(stream, consumer))
    .catch((error: unknown) => {
      if (!isConsumerMissing(error)) throw error;
    });
};

/**
 * Makes a durable consumer anew, right after what it has acked and not before `notBefore`, so that its first delivery is the
 * oldest unacked message and nothing waits for the ack time-out of a reader that is gone. The server has no operation
 * for that, and a crash between the deletion and the creation would lose the position: a second consumer that nobody
 * reads from, `<name>-position`, holds it meanwhile.
 */
export const restartAfterFloor = async (
  link: Link,
  stream: StreamDeclaration,
  config: DurableConfig,
  notBefore: number,
): Promise<ConsumerInfo> => {
  const { durable_name: consumer } = config;
  const marker = `${consumer}-position`;
  const [current, left] = await Promise.all([infoOf(link, stream.name, consumer), infoOf(link, stream.name, marker)]);
  const floor = current?.ack_floor.stream_seq ?? (left?.config.opt_start_seq ?? 1) - 1;
  const start = Math.max(floor + 1, notBefore);
  const startAt = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start };

  if (current !== undefined) {
    if (left !== undefined) await remove(link, stream.name, marker);
    await link.ask((manager) =>
      manager.consumers.add(stream.name, { durable_name: marker, ack_policy: AckPolicy.Explicit, ...startAt }),
    );
    await remove(link, stream.name, consumer);
  }
  const created = await link.ask((manager) => manager.consumers.add(stream.name, { ...config, ...startAt }));
  await remove(link, stream.name, marker);
  return created;
};
