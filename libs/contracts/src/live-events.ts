import { Type, type Static } from 'typebox';
import { DurationSchema } from './duration.ts';
import { WorkflowNameSchema } from './names.ts';

/** How many values of one property a subscription may name. More is an expression, or several subscriptions. */
export const FOLLOWED_MAX = 20;
/** Characters of a filter expression: it is evaluated for every event that could fit. */
export const EVENT_FILTER_MAX_LENGTH = 1_000;

const uuid = Type.String({ format: 'uuid' });
/** One, or several of which one has to fit. */
const some = (one: typeof uuid) =>
  Type.Optional(Type.Union([one, Type.Array(one, { minItems: 1, maxItems: FOLLOWED_MAX })]));

/** Which run events somebody wants: those that fit everything given, and one of the values of each. */
const followed = {
  run: Type.Optional(uuid),
  list: some(uuid),
  chain: some(uuid),
  workflow: some(WorkflowNameSchema),
  /** Types of run events. */
  type: some(Type.String()),
  /** An expression over `event`. */
  filter: Type.Optional(Type.String({ minLength: 1, maxLength: EVENT_FILTER_MAX_LENGTH })),
};

export const FollowedEventsSchema = Type.Object(followed, { additionalProperties: false });
export type FollowedEvents = Static<typeof FollowedEventsSchema>;

/** The client's name for one of its subscriptions. */
const SubscriptionIdSchema = Type.String({ minLength: 1, maxLength: 64 });

export const SubscribeSchema = Type.Object(
  {
    id: SubscriptionIdSchema,
    ...followed,
    /** A position that came with an event: what follows is wanted. Absent: what happens from now on, or all of a single run. */
    after: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type Subscribe = Static<typeof SubscribeSchema>;

/** What a client sends over a WebSocket at `/v1/events`: one of the three. */
export const EventSocketMessageSchema = Type.Object(
  {
    /** The key, for who cannot send headers. Comes first. */
    authorize: Type.Optional(Type.String({ maxLength: 4_096 })),
    subscribe: Type.Optional(SubscribeSchema),
    unsubscribe: Type.Optional(SubscriptionIdSchema),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
);
export type EventSocketMessage = Static<typeof EventSocketMessageSchema>;

/** Body of `POST /v1/events/links`. */
export const EventLinkBodySchema = Type.Object(
  {
    ...followed,
    /** Whether what runs were given, did and returned can be seen by it. */
    payloads: Type.Optional(Type.Boolean()),
    /** A day if absent, 90 days at most. */
    expiresIn: Type.Optional(DurationSchema),
  },
  { additionalProperties: false },
);
export type EventLinkBody = Static<typeof EventLinkBodySchema>;

/** Answer of `POST /v1/events/links`. */
export interface EventLink {
  /** Where anybody follows the events, without a key: as server-sent events, or as a WebSocket. */
  url: string;
  token: string;
  expiresAt: string;
}
