import type { FieldKind } from '@nightshift/contracts';
import { isoDateTime } from './iso-date-time.ts';

/**
 * What Postgres writes (text format, UTC, ISO dates), as the value that REST shows. Numbers that JSON or a double cannot hold
 * exactly (`NaN`, integers beyond 2^53) come as text rather than wrong.
 */
export const valueFromText: Record<FieldKind, (text: string) => unknown> = {
  text: (text) => text,
  reference: (text) => text,
  date: (text) => text,
  dateTime: isoDateTime,
  boolean: (text) => text === 't' || text === 'true',
  integer: (text) => {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : text;
  },
  number: (text) => {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  },
  json: (text) => JSON.parse(text) as unknown,
};

/** The same value as JSON text, without making the value first. */
export const jsonFromText: Record<FieldKind, (text: string) => string> = {
  text: (text) => JSON.stringify(text),
  reference: (text) => JSON.stringify(text),
  date: (text) => JSON.stringify(text),
  dateTime: (text) => JSON.stringify(isoDateTime(text)),
  boolean: (text) => (text === 't' || text === 'true' ? 'true' : 'false'),
  // Fifteen digits are always safe; longer ones are looked at.
  integer: (text) => (text.length < 16 ? text : JSON.stringify(valueFromText.integer(text))),
  number: (text) => JSON.stringify(valueFromText.number(text)),
  json: (text) => text,
};
