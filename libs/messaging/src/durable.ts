import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { isConsumerDifferent } from './api-errors.ts';
import type { Link } from './link.ts';

/** Creates the durable consumer, or brings it to this configuration where it is. Its place in the stream stays. */
export const putDurable = async (
  link: Link,
  stream: string,
  config: Partial<ConsumerConfig> & { durable_name: string },
): Promise<ConsumerInfo> => {
  try {
    return await link.ask((manager) => manager.consumers.add(stream, config));
  } catch (error) {
    if (!isConsumerDifferent(error)) throw error;
    return await link.ask((manager) => manager.consumers.update(stream, config.durable_name, config));
  }
};
