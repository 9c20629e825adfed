import { Failure, streams } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { Letter } from './read-letter.ts';

/** How long the stream may take to store a message again. */
const STORE_TIMEOUT_MS = 5_000;

/** @throws Failure `messaging.unavailable` */
const store = (bus: Pick<Bus, 'publish'>, subject: string, text: string, id: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(new Failure('messaging.unavailable', { detail: 'The message could not be stored again yet' }));
    const timer = setTimeout(giveUp, STORE_TIMEOUT_MS);
    const onAck = (): void => {
      clearTimeout(timer);
      resolve();
    };
    bus.publish(subject, text, { id, onAck });
  });

/**
 * Sends a dead letter's message again to where it was sent first, and removes the letter. Of several who try at once, one
 * does: the message's id is the letter's.
 * @throws Failure `dead_letter.incomplete`, `messaging.unavailable`
 */
export const makeRedriveLetter =
  ({ bus }: { bus: Pick<Bus, 'publish' | 'deleteMessage'> }) =>
  async ({ info, original }: Letter): Promise<void> => {
    const { id, subject, payload, at } = info;
    if (subject === undefined || payload === undefined) {
      throw new Failure('dead_letter.incomplete', { detail: `Dead letter ${id} does not hold its message` });
    }
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    await store(bus, subject, text, `redriven/${id}/${at}`);
    // Nobody would be given it again, and it would lie in the queue until it is too old.
    if (original?.stream.retention === 'workqueue') await bus.deleteMessage(original.stream, original.sequence);
    await bus.deleteMessage(streams.dead, Number(id));
  };
