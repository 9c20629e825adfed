import { Type, type Static } from 'typebox';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';

/** Senders of events that sign them, because they cannot carry a key of ours: bodies and answers of `/v1/event-sources`. */

export const signatureSchemes = ['stripe', 'github', 'shopify', 'slack', 'standard-webhooks', 'hmac'] as const;
export type SignatureScheme = (typeof signatureSchemes)[number];

/** Lower-case words joined by hyphens, and what the events have as their `source`. */
export const EventSourceNameSchema = WorkflowNameSchema;

const header = Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" });
/** A header's name, or a JSON Pointer into the body. */
const place = Type.String({ pattern: "^(/.*|[A-Za-z0-9!#$%&'*+.^_`|~-]+)$", maxLength: 200 });

export const EventSourceBodySchema = Type.Object(
  {
    scheme: Type.Enum([...signatureSchemes]),
    /** The name of a stored secret, or of several while one replaces another: the signature of any of them is right. */
    secret: Type.Union([IdentifierSchema, Type.Array(IdentifierSchema, { minItems: 1, maxItems: 3 })]),
    /** How far the moment of a signature may be away, where the scheme has one; 300 if absent. */
    toleranceSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    /** The type of all its events, in place of what the scheme says. */
    eventType: Type.Optional(Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]+$', maxLength: 256 })),
    /** Where an event's id, type and subject are, in place of where the scheme has them. */
    from: Type.Optional(
      Type.Object(
        { id: Type.Optional(place), type: Type.Optional(place), subject: Type.Optional(place) },
        { additionalProperties: false },
      ),
    ),
    /** Of `hmac` alone: the header of the signature. */
    header: Type.Optional(header),
    /** Of `hmac` alone; sha256 if absent. */
    algorithm: Type.Optional(Type.Enum(['sha1', 'sha256', 'sha384', 'sha512'])),
    /** Of `hmac` alone; hex if absent. */
    encoding: Type.Optional(Type.Enum(['hex', 'base64'])),
    /** Of `hmac` alone: what stands before the signature in its header, as `sha256=`. */
    prefix: Type.Optional(Type.String({ maxLength: 50 })),
    /** Of `hmac` alone: the header of the moment, in seconds or milliseconds since 1970. It is signed then, as `{timestamp}.{body}`. */
    timestampHeader: Type.Optional(header),
    /** Of `hmac` alone: what is signed, with `{timestamp}` and `{body}`. */
    signed: Type.Optional(Type.String({ pattern: '\\{body\\}', maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type EventSourceBody = Static<typeof EventSourceBodySchema>;

/** A source, as it is read back. */
export interface EventSource extends EventSourceBody {
  name: string;
  createdAt: string;
  updatedAt: string;
}

/** Answer to a sender that asks once whether somebody is there, as Slack does. */
export interface Challenge {
  challenge: string;
}
