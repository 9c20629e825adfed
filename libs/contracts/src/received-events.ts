import { Type, type Static } from 'typebox';
import type { RunStatus } from './run-events.ts';

/** Events from outside that were taken in and are kept for a while: answers and bodies of `/v1/received-events`. */

const key = Type.String({ minLength: 1, maxLength: 256 });
const moment = Type.String({ format: 'date-time' });

/** Query of `GET /v1/received-events`. */
export const ReceivedEventsQuerySchema = Type.Object(
  {
    source: Type.Optional(key),
    type: Type.Optional(key),
    /** Taken in from then on. */
    from: Type.Optional(moment),
    /** Taken in before. */
    to: Type.Optional(moment),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  { additionalProperties: false },
);

/** A run that an event has started, or woken. */
export interface RunOfEvent {
  runId: string;
  workflow: string;
  status: RunStatus;
}

/** One event that was taken in, and what became of it; without what it holds. */
export interface ReceivedEventInfo {
  source: string;
  id: string;
  type: string;
  subject: string | null;
  time: string;
  receivedAt: string;
  /** Whether its triggers have all been looked at. */
  isMatched: boolean;
  /** The first of the runs that it has started, replays included. */
  started: RunOfEvent[];
  /** When it was replayed, the last time first. */
  replays: { id: string; at: string; isMatched: boolean }[];
}

/** One event with what it holds, and the runs that it has woken. */
export interface ReceivedEventView extends ReceivedEventInfo {
  data: unknown;
  /** The body as its sender has signed it, in base64; null where nobody signed it. */
  raw: string | null;
  woken: RunOfEvent[];
}

/** Answer to a replay: what it is known by in the `cause` of the runs that it starts. */
export interface ReplayedEvent {
  replayId: string;
}

/** Body of `POST /v1/received-events/replay`. */
export const ReplayEventsBodySchema = Type.Object(
  {
    source: key,
    type: Type.Optional(key),
    /** Taken in from then on. */
    from: moment,
    /** Taken in before; now if absent. */
    to: Type.Optional(moment),
  },
  { additionalProperties: false },
);
export type ReplayEventsBody = Static<typeof ReplayEventsBodySchema>;

export interface ReplayedEvents {
  replayed: number;
}
