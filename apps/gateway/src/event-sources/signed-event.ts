import { Failure, type EventSource, type SignatureScheme } from '@nightshift/contracts';
import type { OutsideEvent } from '@nightshift/ledger';
import { hash } from 'node:crypto';
import type { SignedRequest } from './signature.ts';

/** Where a scheme has what an event is known by: names of headers, or JSON Pointers into the body, the first that holds something. */
interface Places {
  id: readonly string[];
  type: readonly string[];
  subject: readonly string[];
  /** In seconds since 1970, or ISO 8601. */
  time: readonly string[];
}

const schemePlaces: Record<SignatureScheme, Places> = {
  stripe: { id: ['/id'], type: ['/type'], subject: ['/data/object/id'], time: ['/created'] },
  github: { id: ['x-github-delivery'], type: ['x-github-event'], subject: ['/repository/full_name'], time: [] },
  shopify: { id: ['x-shopify-webhook-id'], type: ['x-shopify-topic'], subject: ['/id'], time: [] },
  slack: { id: ['/event_id'], type: ['/event/type', '/type', '/command'], subject: ['/event/channel'], time: [] },
  'standard-webhooks': { id: ['webhook-id'], type: ['/type'], subject: ['/data/id'], time: ['/timestamp'] },
  hmac: { id: [], type: [], subject: [], time: [] },
};

/** As the keys of events are kept: longer ones, and what Postgres cannot hold, are none. */
const KEY_MAX_LENGTH = 256;

const asKey = (value: unknown): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return text === '' || text.length > KEY_MAX_LENGTH || text.includes('\0') ? undefined : text;
};

const valueAt = (value: unknown, pointer: string): unknown => {
  let part = value;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as Record<string, unknown>)[key];
  }
  return part;
};

/** The body as data: JSON, the fields of a form, or text. @throws Failure `request.malformed` for JSON that is none */
export const readData = ({ headers, body }: SignedRequest): unknown => {
  const mediaType = String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
  const text = body.toString('utf8');
  if (mediaType === 'application/x-www-form-urlencoded') {
    const fields = Object.fromEntries(new URLSearchParams(text));
    // GitHub and Slack put their JSON into a field of this name.
    return fields['payload']?.startsWith('{') ? parse(fields['payload']) : fields;
  }
  return /^application\/([\w.-]+\+)?json$/.test(mediaType) ? parse(text) : text;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure('request.malformed', { detail: 'The body is not JSON', cause: error });
  }
};

const timeOf = (value: unknown): string | undefined => {
  const date =
    typeof value === 'number' ? new Date(value * 1000) : typeof value === 'string' ? new Date(value) : undefined;
  const year = date?.getUTCFullYear();
  return year !== undefined && year > 0 && year < 10_000 ? date!.toISOString() : undefined;
};

/**
 * The event of a request whose signature is right. Its `source` is the name of the source. An event without an id of its own is known by
 * its body: the same again is the same event.
 */
export const signedEvent = (
  request: SignedRequest,
  source: EventSource,
  data: unknown,
  nowMs: number,
): OutsideEvent => {
  const places = schemePlaces[source.scheme];
  const at = (place: string): unknown =>
    place.startsWith('/') ? valueAt(data, place) : request.headers[place.toLowerCase()];
  const first = <T>(
    own: string | undefined,
    known: readonly string[],
    as: (value: unknown) => T | undefined,
  ): T | undefined => {
    for (const place of own === undefined ? known : [own]) {
      const value = as(at(place));
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const { id, type, subject } = source.from ?? {};
  const named = first(type, places.type, asKey);
  const action = source.scheme === 'github' && type === undefined ? asKey(valueAt(data, '/action')) : undefined;
  return {
    id: first(id, places.id, asKey) ?? `sha256:${hash('sha256', request.body)}`,
    source: source.name,
    type: source.eventType ?? (named && action ? `${named}.${action}`.slice(0, KEY_MAX_LENGTH) : (named ?? 'received')),
    subject: first(subject, places.subject, asKey) ?? null,
    time: first(undefined, places.time, timeOf) ?? new Date(nowMs).toISOString(),
    data,
  };
};
