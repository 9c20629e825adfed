import { signals, type Page, type ReceivedEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { readCloudEvents, type EventRequest } from './read-cloud-events.ts';

export interface ReceiveEventsDeps {
  ledger: Pick<Ledger, 'events'>;
  bus: Pick<Bus, 'send'>;
  dispatchRuns: DispatchRuns;
  nowMs: () => number;
}

/**
 * Takes in outside events, in their order, sends the runs that waited for them on their way, and has what they trigger looked for. What is refused is refused
 * before any event is taken in; an event that is known already changes nothing.
 * @throws Failure `event.invalid`, `ledger.unavailable`
 */
export const makeReceiveEvents =
  ({ ledger, bus, dispatchRuns, nowMs }: ReceiveEventsDeps) =>
  async (request: EventRequest): Promise<ReceivedEvent | Page<ReceivedEvent>> => {
    const { events, isBatch } = readCloudEvents(request, nowMs());
    const items: ReceivedEvent[] = [];
    for (const event of events) {
      const { isNew, woken, isMatched } = await ledger.events.receive(event);
      dispatchRuns.moved(woken);
      items.push({ id: event.id, isNew, woken: woken.length, matching: !isMatched });
    }
    if (items.some(({ matching }) => matching)) bus.send(signals.events, {});
    return isBatch ? { items, nextCursor: null } : items[0]!;
  };
