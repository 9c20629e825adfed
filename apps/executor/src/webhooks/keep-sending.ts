import { signals } from '@nightshift/contracts';
import type { ClaimedDelivery, Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeLoop, type Logger } from '@nightshift/runtime';
import type { NoteAttempts } from './note-attempts.ts';
import { POST_TIMEOUT_MS } from './post-event.ts';
import type { SendDelivery } from './send-delivery.ts';

export interface KeepSendingDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'claim' | 'nextDueInMs'> };
  bus: Pick<Bus, 'subscribe'>;
  sendDelivery: SendDelivery;
  noteAttempts: NoteAttempts;
  logger: Pick<Logger, 'warn'>;
}

/** Deliveries that this process has under way for one webhook. Fewer make a quick receiver wait; more flood a slow one. */
const MOST_OF_ONE = 16;
/** How soon somebody else sends what a dead executor had in hand. Longer than an attempt takes, with what is read and written around it. */
const LEASE_MS = 3 * POST_TIMEOUT_MS;
/** A signal that was lost costs as much. */
const LOOK_EVERY_MS = 10_000;

/**
 * Sends what is due, together with all other executors: each takes deliveries under a lease, of every webhook so many at a time, so that a
 * slow receiver holds up nobody but himself. Woken by signals, by what it sends itself, and when the next delivery is due.
 * @returns what ends it: attempts that are under way are given up, and are due again at once
 */
export const keepSending = ({
  ledger,
  bus,
  sendDelivery,
  noteAttempts,
  logger,
}: KeepSendingDeps): (() => Promise<void>) => {
  const closing = new AbortController();
  const underWay = new Map<string, number>();
  const flights = new Set<Promise<void>>();

  const count = (webhookId: string, by: number): void => {
    const deliveries = (underWay.get(webhookId) ?? 0) + by;
    if (deliveries > 0) underWay.set(webhookId, deliveries);
    else underWay.delete(webhookId);
  };

  const fly = async (delivery: ClaimedDelivery): Promise<void> => {
    try {
      await noteAttempts.note(await sendDelivery(delivery, closing.signal));
    } catch (error) {
      // It comes again when its lease ends.
      logger.warn({ err: error, webhook: delivery.webhook, delivery: delivery.id }, 'a delivery was not sent');
    }
    count(delivery.webhookId, -1);
  };

  const begin = (delivery: ClaimedDelivery): void => {
    count(delivery.webhookId, 1);
    const flight = fly(delivery);
    flights.add(flight);
    void flight.then(() => {
      flights.delete(flight);
      loop.wake();
    });
  };

  const loop = makeLoop({
    turn: async () => {
      // Before the claim: what comes due between the two is claimed, or the next turn is for it.
      const nextMs = await ledger.webhooks.nextDueInMs();
      const claimed = await ledger.webhooks.claim(MOST_OF_ONE, underWay, LEASE_MS);
      claimed.forEach(begin);
      return claimed.length > 0 ? 0 : Math.max(1, Math.min(nextMs ?? LOOK_EVERY_MS, LOOK_EVERY_MS));
    },
    restMs: LOOK_EVERY_MS,
    onFault: (error) => logger.warn({ err: error }, 'deliveries cannot be looked for yet'),
  });
  const hearing = [signals.deliveries, signals.webhooks].map((signal) => bus.subscribe(signal, loop.wake));
  loop.start();

  return async () => {
    closing.abort();
    for (const one of hearing) one.close();
    noteAttempts.close();
    await loop.stop();
    await Promise.all(flights);
  };
};
