import { subjects, type Failure, type Problem } from '@nightshift/contracts';
import type { Bus } from './bus.ts';
import type { Delivery } from './delivery.ts';

/** What is kept of a message that its consumer gave up on. */
export interface DeadLetter {
  reason: Problem;
  subject: string;
  /** As it was decoded; text where it was not JSON; null where it was too large to be sent again. */
  payload: unknown;
  deliveries: number;
}

/** In UTF-8 at most three times as many bytes, which still fits a message with its reason. */
const PAYLOAD_MAX_LENGTH = 300_000;

/** Puts a message aside, with the reason, for a person to look at. `onStored` is called when it is safe there. */
export const publishDeadLetter = (
  bus: Pick<Bus, 'publish'>,
  from: { stream: string; consumer: string },
  message: { payload: unknown; delivery: Delivery },
  failure: Failure,
  onStored?: () => void,
): void => {
  const { subject, streamSequence, deliveryCount, time } = message.delivery;
  const payload = JSON.stringify(message.payload ?? null).length > PAYLOAD_MAX_LENGTH ? null : message.payload;
  const letter: DeadLetter = {
    reason: failure.toProblem(),
    subject,
    payload,
    deliveries: deliveryCount,
  };
  bus.publish(subjects.dead(from.stream, from.consumer), JSON.stringify(letter), {
    id: `${from.stream}/${from.consumer}/${streamSequence}/${time.getTime()}`,
    onAck: onStored,
  });
};
