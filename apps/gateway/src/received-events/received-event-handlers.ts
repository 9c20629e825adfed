import {
  compileSchema,
  Failure,
  ReceivedEventsQuerySchema,
  ReplayEventsBodySchema,
  signals,
  type Page,
  type ReceivedEventInfo,
  type ReceivedEventView,
  type ReplayedEvent,
  type ReplayedEvents,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { readDate } from '../door/read-date.ts';

export interface ReceivedEventHandlersDeps {
  ledger: Pick<Ledger, 'receivedEvents'>;
  bus: Pick<Bus, 'send'>;
  nowMs: () => number;
}

const checkQuery = compileSchema(ReceivedEventsQuerySchema);
const checkReplay = compileSchema(ReplayEventsBodySchema);
const LIMIT_DEFAULT = 50;

const notFound = (source: string, id: string): Failure =>
  new Failure('event.not_found', {
    detail: `There is no event "${id.slice(0, 64)}" of "${source.slice(0, 64)}" any more`,
  });

/** Events from outside that are kept, and what became of them; and the same once more. */
export const makeReceivedEventHandlers = ({ ledger, bus, nowMs }: ReceivedEventHandlersDeps) => ({
  /** Those that came last first. @throws Failure `request.invalid` */
  list: async (query: HttpRequest['query']): Promise<Page<ReceivedEventInfo>> => {
    const {
      source,
      type,
      from,
      to,
      limit = LIMIT_DEFAULT,
      cursor,
    } = checked(checkQuery, coerceQuery(query, ReceivedEventsQuerySchema));
    const filter = { source, type, from: readDate('/from', from), to: readDate('/to', to) };
    const page = await ledger.receivedEvents.list(filter, limit, cursor);
    if (page === undefined)
      throw refusal('request.invalid', [{ pointer: '/cursor', detail: 'is not one that a page ended with' }]);
    return page;
  },

  /** @throws Failure `event.not_found` */
  get: async (source: string, id: string): Promise<ReceivedEventView> => {
    const view = await ledger.receivedEvents.find({ source, id });
    if (view === undefined) throw notFound(source, id);
    return view;
  },

  /** @throws Failure `event.not_found` */
  replay: async (source: string, id: string): Promise<ReplayedEvent> => {
    const replayId = await ledger.receivedEvents.replay({ source, id });
    if (replayId === undefined) throw notFound(source, id);
    bus.send(signals.events, {});
    return { replayId };
  },

  /** @throws Failure `request.invalid` */
  replayMany: async (body: unknown): Promise<ReplayedEvents> => {
    const { source, type, from, to } = checked(checkReplay, body ?? {});
    const range = { from: readDate('/from', from)!, to: readDate('/to', to) ?? new Date(nowMs()) };
    if (range.from >= range.to) throw refusal('request.invalid', [{ pointer: '/from', detail: 'must be before /to' }]);
    const replayed = await ledger.receivedEvents.replayMany({ source, type, ...range });
    if (replayed > 0) bus.send(signals.events, {});
    return { replayed };
  },
});

export type ReceivedEventHandlers = ReturnType<typeof makeReceivedEventHandlers>;
