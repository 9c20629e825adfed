import { Type, type Static } from 'typebox';

/**
 * Longer keys do not fit an index of the ledger in every alphabet. What is shorter than this is told apart by itself, not by a
 * hash of it.
 */
const KEY_MAX_LENGTH = 256;
/** Postgres keeps every character but this one. */
const storable = '^[^\\u0000]*$';
const key = Type.String({ minLength: 1, maxLength: KEY_MAX_LENGTH, pattern: storable });

/**
 * An event from outside, as `POST /v1/events` takes it: CloudEvents 1.0 in JSON. Extension attributes may be there and are not kept.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const CloudEventSchema = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    /** With `source`, what makes two events the same one: the same again is not taken in twice. */
    id: key,
    source: key,
    type: key,
    /** The key that a `waitFor` step waits for. */
    subject: Type.Optional(key),
    time: Type.Optional(Type.String({ format: 'date-time' })),
    datacontenttype: Type.Optional(Type.String({ minLength: 1 })),
    dataschema: Type.Optional(Type.String({ minLength: 1 })),
    data: Type.Optional(Type.Unknown()),
    /** In place of `data`; given on as the text that it is. */
    data_base64: Type.Optional(Type.String()),
  },
  { propertyNames: { pattern: '^[a-z0-9_]+$' } },
);
export type CloudEvent = Static<typeof CloudEventSchema>;

/** Answer to one event. */
export interface ReceivedEvent {
  id: string;
  isNew: boolean;
  /** How many runs had waited for it. */
  woken: number;
  /** Whether the workflows that it starts are being looked for. False: it came before, and what it starts has started. */
  matching: boolean;
}
