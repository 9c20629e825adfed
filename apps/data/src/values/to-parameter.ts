import type { Field, FieldKind } from '@nightshift/contracts';
import { writeArray } from './array-text.ts';
import { UUID_OID } from './kind-of-oid.ts';

/** What a statement gets as its parameter: text that Postgres reads as the column's type. */
export type Parameter = string | null;

/** The parameter, or what is wrong with the value. */
export type Conversion = { parameter: Parameter } | { problem: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const dateTime =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?([Zz]|[+-](0\d|1[0-5])(:?[0-5]\d)?)$/;

export const isUuid = (text: string): boolean => uuid.test(text);

/** What has to be known of a column for a value to be checked; a `Column` is one. */
export interface ValueShape {
  readonly kind: FieldKind;
  readonly isList?: boolean;
  /** Of one value. Absent: any that the kind can be kept in. */
  readonly elementOid?: number;
  readonly field?: Pick<Field, 'options'>;
}

/** The value as a parameter for the column, or one clause that says what the value must be. */
export const toParameter = (shape: ValueShape, value: unknown): Conversion => {
  if (value === null || value === undefined) return { parameter: null };
  if (shape.isList !== true) return toElement(shape, value);
  if (!Array.isArray(value)) return { problem: 'must be a list' };
  const items: Parameter[] = [];
  for (const [index, item] of value.entries()) {
    const conversion = toElement(shape, item);
    if ('problem' in conversion) return { problem: `has an item (${index}) that ${conversion.problem}` };
    items.push(conversion.parameter);
  }
  return { parameter: writeArray(items) };
};

/** One value of a list, or that of a field without a list, as a parameter of the type `elementType`. */
export const toElement = (shape: ValueShape, value: unknown): Conversion =>
  value === null || value === undefined ? { parameter: null } : converters[shape.kind](value, shape);

const isRealDate = (text: string): boolean => {
  const parts = date.exec(text);
  if (parts === null || parts[1] === '0000') return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.getUTCDate() === Number(parts[3]);
};

/** Postgres keeps no U+0000, and half of a surrogate pair would silently become another character. */
const storableText = (text: string): Conversion =>
  text.includes('\u0000') || !text.isWellFormed()
    ? { problem: 'holds a character that cannot be stored (U+0000 or half of a surrogate pair)' }
    : { parameter: text };

const textValue = (value: unknown, { elementOid }: ValueShape): Conversion => {
  if (typeof value !== 'string') return { problem: 'must be a text' };
  if (elementOid === UUID_OID && !isUuid(value)) return { problem: 'must be an id (a UUID)' };
  return storableText(value);
};

/** More would not be read. */
const OPTIONS_SHOWN = 20;

const optionValue = (value: unknown, { field }: ValueShape): Conversion => {
  const options = field?.options ?? [];
  if (typeof value === 'string' && options.includes(value)) return { parameter: value };
  const more = options.length > OPTIONS_SHOWN ? `, … (${options.length} in all)` : '';
  return { problem: `must be one of ${options.slice(0, OPTIONS_SHOWN).join(', ')}${more}` };
};

const converters: Record<FieldKind, (value: unknown, shape: ValueShape) => Conversion> = {
  text: textValue,
  option: optionValue,
  reference: (value, shape) =>
    typeof value === 'string' ? textValue(value, shape) : { problem: 'must be the id of a thing' },
  file: (value) =>
    typeof value === 'string' && isUuid(value)
      ? { parameter: value }
      : { problem: 'must be the id of a file (a UUID)' },
  number: (value) =>
    typeof value === 'number' && Number.isFinite(value)
      ? { parameter: String(value) }
      : { problem: 'must be a number' },
  integer: (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return { problem: 'must be an integer' };
    if (!Number.isSafeInteger(value)) return { problem: 'is larger than JSON numbers are exact (2^53 - 1)' };
    return { parameter: String(value) };
  },
  boolean: (value) =>
    typeof value === 'boolean' ? { parameter: value ? 'true' : 'false' } : { problem: 'must be true or false' },
  date: (value) =>
    typeof value === 'string' && isRealDate(value)
      ? { parameter: value }
      : { problem: 'must be a date such as 2026-11-22' },
  dateTime: (value) => {
    const parts = typeof value === 'string' ? dateTime.exec(value) : null;
    return parts !== null && isRealDate(parts[1]!)
      ? { parameter: parts[0] }
      : { problem: 'must be a time with a zone such as 2026-11-22T15:03:11Z' };
  },
  json: (value) => {
    const text = JSON.stringify(value);
    return text.includes('\\u0000')
      ? { problem: 'holds a character that cannot be stored (U+0000)' }
      : { parameter: text };
  },
};
