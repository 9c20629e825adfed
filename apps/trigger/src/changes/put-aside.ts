import { consumers, streams, subjects, type Failure } from '@nightshift/contracts';
import type { Bus, DeadLetter, Delivered } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { TriggerMetrics } from '../metrics.ts';

/** A message, or what stands for one that came another way. */
export interface Aside extends Delivered {
  /** What tells it from others that stand nowhere in the stream. */
  place?: string;
}

/**
 * Keeps what could not be done with a change for a person to look at, and goes on: one bad condition must not stop the stream.
 * @param workflow whose start it was; absent: the message itself is no change
 */
export type PutAside = (message: Aside, failure: Failure, workflow?: string) => void;

export interface PutAsideDeps {
  bus: Pick<Bus, 'publish'>;
  metrics: TriggerMetrics;
  logger: Logger;
}

export const makePutAside =
  ({ bus, metrics, logger }: PutAsideDeps): PutAside =>
  ({ payload, delivery, place }, failure, workflow) => {
    const { subject, streamSequence, deliveryCount, time } = delivery;
    const letter: DeadLetter & { workflow?: string } = {
      reason: failure.toProblem(),
      ...(workflow !== undefined && { workflow }),
      subject,
      payload,
      deliveries: deliveryCount,
    };
    bus.publish(subjects.dead(streams.changes.name, consumers.trigger), JSON.stringify(letter), {
      id: `${streams.changes.name}/${consumers.trigger}/${place ?? streamSequence}/${time.getTime()}/${workflow ?? ''}`,
    });
    metrics.putAside.inc({ code: failure.code });
    logger.warn({ code: failure.code, reason: failure.message, workflow, subject, streamSequence }, 'change put aside');
  };
