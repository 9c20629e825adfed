import { Type, type Static, type TSchema } from 'typebox';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';
import { runEventData, type RunEventType, type RunFeedEvent } from './run-events.ts';

/** Receivers outside that are told of run events: bodies and answers of `/v1/webhooks`. */

/** Lower-case words joined by hyphens. */
export const WebhookNameSchema = WorkflowNameSchema;

/** What a webhook is told of unless it says otherwise. */
export const runEndTypes = ['RunSucceeded', 'RunFailed', 'RunCancelled'] as const satisfies readonly RunEventType[];

const oneOrMore = <T extends TSchema>(one: T, maxItems: number) =>
  Type.Union([one, Type.Array(one, { minItems: 1, maxItems })]);

export const WebhookBodySchema = Type.Object(
  {
    /** Where each event is posted to: `https://…` or `http://…`, without a user's name and password. */
    url: Type.String({ pattern: '^https?://[^\\s]+$', maxLength: 2_000 }),
    /** Types of run events; the ends of runs if absent. */
    events: Type.Optional(
      Type.Array(Type.Enum(Object.keys(runEventData) as RunEventType[]), { minItems: 1, uniqueItems: true }),
    ),
    /** Of these workflows alone: names, or beginnings of names with a `*` behind them. */
    workflow: Type.Optional(oneOrMore(Type.String({ pattern: '^[a-z][a-z0-9-]*\\*?$', maxLength: 64 }), 100)),
    /** An expression over `event` that is to be met. */
    filter: Type.Optional(Type.String({ minLength: 1, maxLength: 10_000 })),
    /**
     * The names of stored secrets that it is signed with: one, or two while one replaces the other. Absent: one is made, shown once, and kept
     * by later changes.
     */
    secret: Type.Optional(oneOrMore(IdentifierSchema, 2)),
    /** More headers: texts, or what a stored secret holds. */
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" }),
        Type.Union([
          Type.String({ pattern: '^[\\t\\u0020-\\u007e]*$', maxLength: 2_000 }),
          Type.Object({ secret: IdentifierSchema }, { additionalProperties: false }),
        ]),
        { maxProperties: 20 },
      ),
    ),
    /** With what the event holds; if not, with where it can be read alone. */
    payloads: Type.Optional(Type.Boolean()),
    /** Events are kept for it and not sent. As it was, if absent. */
    paused: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type WebhookBody = Static<typeof WebhookBodySchema>;

/** `gone`: its receiver answered 410. */
export type WebhookPauseReason = 'asked' | 'gone';

/** A webhook, as it is read back, and how it does. */
export interface WebhookView {
  name: string;
  url: string;
  events: RunEventType[];
  workflow?: string | string[];
  filter?: string;
  /** Null: signed with a secret that was made for it. */
  secret: string | string[] | null;
  headers?: WebhookBody['headers'];
  payloads: boolean;
  paused: boolean;
  pausedAt: string | null;
  pauseReason: WebhookPauseReason | null;
  /** Since when nothing has arrived, though it was tried; null: the last attempt did. */
  failingSince: string | null;
  /** Why the first of those attempts failed. */
  lastError: string | null;
  /** Deliveries that are to be sent, or sent again. */
  pending: number;
  /** Deliveries that were given up, and can be sent again. */
  dead: number;
  createdAt: string;
  updatedAt: string;
}

/** Answer to `PUT`, and to a new secret. */
export interface WebhookWithSecret extends WebhookView {
  /** The secret that was made, in the form of Standard Webhooks. It is shown here and nowhere else. */
  signingSecret?: string;
}

export const deliveryStatuses = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One request to a receiver. */
export interface DeliveryAttempt {
  at: string;
  tookMs: number;
  /** Null: there was no answer. */
  statusCode: number | null;
  /** Null: it arrived. */
  error: string | null;
}

/** One event for one webhook. */
export interface WebhookDelivery {
  /** The `webhook-id` of all its attempts. */
  id: string;
  runId: string;
  version: number;
  workflow: string;
  type: RunEventType;
  /** When the event happened. */
  at: string;
  status: DeliveryStatus;
  attempts: number;
  /** Null when no further attempt follows. */
  nextAttemptAt: string | null;
  settledAt: string | null;
  /** The last of them, oldest first. */
  latest: DeliveryAttempt[];
}

/** Query of `GET /v1/webhooks/{name}/deliveries`. */
export const DeliveriesQuerySchema = Type.Object(
  {
    status: Type.Optional(Type.Enum([...deliveryStatuses])),
    run: Type.Optional(Type.String({ format: 'uuid' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    cursor: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
);

/** Body of `POST /v1/webhooks/{name}/redeliver`. */
export const RedeliverBodySchema = Type.Object(
  {
    /** Of events that happened from then on. */
    from: Type.String({ format: 'date-time' }),
    /** Of events that happened before; now if absent. */
    to: Type.Optional(Type.String({ format: 'date-time' })),
    /** Those that were given up if absent. */
    status: Type.Optional(Type.Enum(['delivered', 'dead'])),
  },
  { additionalProperties: false },
);
export type RedeliverBody = Static<typeof RedeliverBodySchema>;

export interface Redelivered {
  redelivered: number;
}

/** What came back from a ping. */
export interface WebhookPing {
  /** The `webhook-id`. */
  id: string;
  delivered: boolean;
  statusCode: number | null;
  tookMs: number;
  /** The beginning of the answer's body. */
  answer: string | null;
  error: string | null;
}

/** What a webhook's receiver gets: a CloudEvent 1.0 in JSON. */
export interface WebhookEvent {
  specversion: '1.0';
  /** As `webhook-id`: the same over all attempts. */
  id: string;
  /** `/workflows/<name>`; of a ping, `/webhooks/<name>`. */
  source: string;
  /** `nightshift.run.<type of the event>`, or `nightshift.webhook.ping`. */
  type: string;
  /** The run's id; the webhook's name of a ping. */
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  /** As subscribers of the run feed see it; its own `data` only where the webhook has `payloads`. */
  data: RunFeedEvent | { webhook: string };
}
