import { Failure, signals, subjects } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus, Delivered } from '@nightshift/messaging';

/**
 * Has events looked at again that were put aside, because of those messages of a batch that ask for it.
 * @returns why one cannot be, by the message; undefined for one that can
 * @throws Failure `ledger.unavailable`
 */
export type LookAgain = (batch: readonly Delivered[]) => Promise<Map<Delivered, Failure | undefined>>;

export const makeLookAgain =
  ({ ledger, bus }: { ledger: Pick<Ledger, 'events' | 'receivedEvents'>; bus: Pick<Bus, 'send'> }): LookAgain =>
  async (batch) => {
    const looked = new Map<Delivered, Failure | undefined>();
    for (const message of batch) {
      if (message.delivery.subject !== subjects.eventAgain) continue;
      const { source, id, replay } = (message.payload ?? {}) as { source?: unknown; id?: unknown; replay?: unknown };
      const isKnown = await (typeof replay === 'string'
        ? ledger.receivedEvents.unmatchReplay(replay)
        : ledger.events.unmatch({ source: String(source), id: String(id) }));
      looked.set(message, isKnown ? undefined : new Failure('event.not_found'));
    }
    if (looked.size > 0) bus.send(signals.events, {});
    return looked;
  };
