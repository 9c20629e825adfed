import { CloudEventSchema, compileSchema, type CloudEvent, type Violation } from '@nightshift/contracts';
import type { OutsideEvent } from '@nightshift/ledger';
import { refusal, within } from '../door/checked.ts';

/** A request as it came in: CloudEvents has three ways to put events into one. */
export interface EventRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export interface ReadEvents {
  events: OutsideEvent[];
  /** Whether the sender speaks of a batch, which may be one of one. */
  isBatch: boolean;
}

const BATCH_TYPE = 'application/cloudevents-batch+json';
const HEADER_PREFIX = 'ce-';
/** The moments that ISO 8601 writes with four digits of a year, and Postgres reads. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

const checkEvent = compileSchema(CloudEventSchema);

const timeOf = (text: string): string | undefined => {
  const ms = Date.parse(text);
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? new Date(ms).toISOString() : undefined;
};

/** Binary mode: attributes are headers, percent-encoded, and the body is the data. */
const fromHeaders = ({ headers, body }: EventRequest): { event: unknown; violations: Violation[] } => {
  const event: Record<string, unknown> = {};
  const violations: Violation[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(HEADER_PREFIX) || value === undefined) continue;
    const attribute = name.slice(HEADER_PREFIX.length);
    try {
      event[attribute] = decodeURIComponent(String(value));
    } catch {
      violations.push({
        pointer: `/${attribute}`,
        detail: 'is not percent-encoded as a header of CloudEvents must be',
      });
    }
  }
  if (body !== undefined) event['data'] = body;
  return { event, violations };
};

const toOutsideEvent = (event: CloudEvent, nowMs: number): OutsideEvent => ({
  id: event.id,
  source: event.source,
  type: event.type,
  subject: event.subject ?? null,
  time: event.time === undefined ? new Date(nowMs).toISOString() : timeOf(event.time)!,
  data: event.data ?? event.data_base64 ?? null,
});

const violationsOf = (event: unknown): Violation[] => {
  const result = checkEvent(event);
  if (!result.ok) return result.violations;
  const { time, data, data_base64: base64 } = result.value;
  return [
    ...(time !== undefined && timeOf(time) === undefined
      ? [{ pointer: '/time', detail: 'is not a moment between the years 1 and 9999' }]
      : []),
    ...(data !== undefined && base64 !== undefined
      ? [{ pointer: '/data_base64', detail: 'must not be there beside data' }]
      : []),
  ];
};

/**
 * The events of a request: one in JSON, several in JSON, or one whose attributes are headers.
 * @throws Failure `event.invalid` naming everything that is wrong with any of them
 */
export const readCloudEvents = (request: EventRequest, nowMs: number): ReadEvents => {
  const { headers, body } = request;
  const [mediaType] = String(headers['content-type'] ?? '').split(';');
  const isBatch = mediaType?.trim().toLowerCase() === BATCH_TYPE;
  if (isBatch) {
    if (!Array.isArray(body)) throw refusal('event.invalid', [{ pointer: '', detail: 'must be a list of events' }]);
    const violations = body.flatMap((event, index) => within(`/${index}`, violationsOf(event)));
    if (violations.length > 0) throw refusal('event.invalid', violations);
    return { events: (body as CloudEvent[]).map((event) => toOutsideEvent(event, nowMs)), isBatch };
  }
  const isBinary = headers[`${HEADER_PREFIX}specversion`] !== undefined;
  const { event, violations } = isBinary ? fromHeaders(request) : { event: body, violations: [] };
  violations.push(...(violations.length === 0 ? violationsOf(event) : []));
  if (violations.length > 0) throw refusal('event.invalid', violations);
  return { events: [toOutsideEvent(event as CloudEvent, nowMs)], isBatch };
};
