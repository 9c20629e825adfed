import type { Field, FieldKind } from '@nightshift/contracts';
import { quoteTable, quoteText } from '../database/quote.ts';
import { columnType } from './column-sql.ts';
import { FILES_TABLE } from './file-guards.ts';

/** A value in SQL made into one of another kind. */
export interface Conversion {
  /** Whether the value, which is not NULL, can be one. Never raises, never NULL. */
  readonly fits: string;
  /** The new value; NULL where it does not fit. Never raises. */
  readonly made: string;
  /** Whether something of the value that fits is lost on the way: `007` as an integer. */
  readonly changes: string;
}

/** What a column holds. */
export interface Held {
  readonly kind: FieldKind;
  readonly isList: boolean;
  /** The SQL type of one value. */
  readonly elementType: string;
}

/** What it is to hold. */
export interface Wanted {
  readonly field: Field;
  /** The SQL type of the ids that a reference refers to. */
  readonly idType?: string | undefined;
}

type Convert = (value: string) => Conversion;

/**
 * How a column's values become those of another kind, or undefined where that has no meaning. A value becomes a list of one, a list of at
 * most one that one; a list of JSON a list, item by item, and a list such JSON.
 * @param value the column in SQL
 */
export const conversionOf = (held: Held, wanted: Wanted, value: string): Conversion | undefined => {
  const isWantedList = wanted.field.list === true;
  if (held.isList && !isWantedList && wanted.field.kind === 'json') return total(`to_jsonb(${value})`);
  if (held.kind === 'json' && !held.isList && isWantedList) return fromJsonList(wanted, value);
  const convert = convertOne(held, wanted);
  if (convert === undefined) return undefined;
  if (held.isList)
    return isWantedList ? eachOf(convert, wanted, value, `unnest(${value})`) : theOnly(convert, wanted, value);
  if (!isWantedList) return convert(value);
  const one = convert(value);
  return {
    ...one,
    made: guarded(
      `${value} IS NOT NULL AND ${one.fits}`,
      `ARRAY[${one.made}]::${columnType(wanted.field, wanted.idType)}`,
    ),
  };
};

const guarded = (condition: string, made: string): string => `CASE WHEN ${condition} THEN ${made} END`;
const total = (made: string): Conversion => ({ fits: 'true', made, changes: 'false' });

/** Item by item; an item that does not fit becomes NULL. */
const eachOf = (convert: Convert, { field, idType }: Wanted, value: string, items: string): Conversion => {
  const one = convert('item.value');
  const from = `FROM ${items} WITH ORDINALITY AS item (value, place)`;
  const made = `(SELECT coalesce(array_agg(${one.made} ORDER BY item.place), '{}') ${from})::${columnType(field, idType)}`;
  return {
    fits: `(NOT EXISTS (SELECT ${from} WHERE item.value IS NOT NULL AND NOT ${one.fits}))`,
    made: guarded(`${value} IS NOT NULL`, made),
    changes:
      one.changes === 'false' ? 'false' : `EXISTS (SELECT ${from} WHERE item.value IS NOT NULL AND ${one.changes})`,
  };
};

const fromJsonList = (wanted: Wanted, value: string): Conversion | undefined => {
  const convert = convertOne({ kind: 'json', isList: false, elementType: 'jsonb' }, wanted);
  if (convert === undefined) return undefined;
  const isList = `jsonb_typeof(${value}::jsonb) = 'array'`;
  const list = guarded(isList, `${value}::jsonb`);
  const items = `(SELECT nullif(e.value, 'null') FROM jsonb_array_elements(${list}) AS e)`;
  const all = eachOf(convert, wanted, value, `unnest(ARRAY${items})`);
  return {
    fits: `CASE WHEN ${isList} THEN ${all.fits} ELSE jsonb_typeof(${value}::jsonb) = 'null' END`,
    made: guarded(isList, all.made),
    changes: all.changes === 'false' ? 'false' : `CASE WHEN ${isList} THEN ${all.changes} ELSE false END`,
  };
};

const theOnly = (convert: Convert, { field }: Wanted, value: string): Conversion => {
  const first = `(${value})[array_lower(${value}, 1)]`;
  const one = convert(first);
  const isNothing = field.required === true ? 'false' : `(cardinality(${value}) = 0 OR ${first} IS NULL)`;
  return {
    fits: `CASE WHEN cardinality(${value}) > 1 THEN false WHEN ${first} IS NULL THEN ${isNothing} ELSE ${one.fits} END`,
    made: guarded(`cardinality(${value}) = 1`, one.made),
    changes:
      one.changes === 'false' ? 'false' : `CASE WHEN cardinality(${value}) = 1 THEN ${one.changes} ELSE false END`,
  };
};

const dateTimeText = (value: string): string =>
  `CASE WHEN isfinite(${value}) AND ${value} >= '0001-01-01 00:00:00+00' THEN to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE ${value}::text END`;

/** The value as REST shows it, as a text. */
const textOf = ({ kind }: Held, value: string): string => {
  if (kind === 'json') return `(${value}::jsonb #>> '{}')`;
  return kind === 'dateTime' ? `(${dateTimeText(value)})` : `${value}::text`;
};

/** Kinds whose values are read as texts, where there is nothing nearer. */
const readAsText: ReadonlySet<FieldKind> = new Set(['text', 'option', 'json', 'reference', 'file']);

const convertOne = (held: Held, wanted: Wanted): Convert | undefined => {
  const { kind } = wanted.field;
  // References are looked up, options compared, whatever they were before.
  if (held.kind === kind && kind !== 'reference' && kind !== 'option') return (value) => total(value);
  const direct = nearer[`${held.kind} ${kind}`];
  if (direct !== undefined) return direct;
  if (kind === 'text') return (value) => total(textOf(held, value));
  if (kind === 'json' && held.kind !== 'text')
    return (value) => total(`to_jsonb(${held.kind === 'dateTime' ? textOf(held, value) : value})`);
  if (kind !== 'option' && !readAsText.has(held.kind)) return undefined;
  return (value) => fromText[kind](textOf(held, value), wanted);
};

const LARGEST_EXACT = '9007199254740992';

/** Conversions that do not go through a text, by `from to`. */
const nearer: Record<string, Convert> = {
  'integer number': (value) => ({
    fits: 'true',
    made: `${value}::float8`,
    changes: `(${value} NOT BETWEEN -${LARGEST_EXACT} AND ${LARGEST_EXACT})`,
  }),
  'number integer': (value) => {
    const fits = `(${value} = trunc(${value}) AND ${value} >= -9223372036854775808::float8 AND ${value} < 9223372036854775808::float8)`;
    return { fits, made: guarded(fits, `${value}::bigint`), changes: 'false' };
  },
  'integer boolean': (value) => zeroOrOne(value),
  'number boolean': (value) => zeroOrOne(value),
  'boolean integer': (value) => total(`${value}::int::bigint`),
  'boolean number': (value) => total(`${value}::int::float8`),
  'date dateTime': (value) => {
    const fits = `(${value} <= date '294275-12-31' OR ${value} = 'infinity')`;
    return { fits, made: guarded(fits, `(${value}::timestamp AT TIME ZONE 'UTC')`), changes: 'false' };
  },
  'dateTime date': (value) => {
    const made = `(${value} AT TIME ZONE 'UTC')::date`;
    return { fits: 'true', made, changes: `((${value} AT TIME ZONE 'UTC') <> ${made}::timestamp)` };
  },
};

const zeroOrOne = (value: string): Conversion => {
  const fits = `(${value} IN (0, 1))`;
  return { fits, made: guarded(fits, `${value} = 1`), changes: 'false' };
};

/** What Postgres reads, written again as it was: otherwise something is lost. */
const asWritten = (text: string, type: string, isValid = `pg_input_is_valid(${text}, '${type}')`): Conversion => ({
  fits: isValid,
  made: guarded(isValid, `${text}::${type}`),
  changes: `(${guarded(isValid, `(${text}::${type})::text`)} <> ${text})`,
});

const idFrom = (text: string, type: string): Conversion =>
  type === 'uuid' ? asWritten(text, 'uuid') : { ...total(`${text}::${type}`) };

const fromText: Record<Exclude<FieldKind, 'text'>, (text: string, wanted: Wanted) => Conversion> = {
  integer: (text) => asWritten(text, 'bigint'),
  number: (text) => {
    const isNumber = `CASE WHEN pg_input_is_valid(${text}, 'float8') THEN ${text}::float8 NOT IN ('NaN', 'Infinity', '-Infinity') ELSE false END`;
    return asWritten(text, 'float8', `(${isNumber})`);
  },
  boolean: (text) => asWritten(text, 'boolean'),
  // Postgres would also read words such as `tomorrow`, and days whose order of month and day depends on a setting.
  date: (text) => {
    const fits = `(${text} ~ '^\\d{4}-\\d\\d-\\d\\d$' AND pg_input_is_valid(${text}, 'date'))`;
    return { fits, made: guarded(fits, `${text}::date`), changes: 'false' };
  },
  dateTime: (text) => {
    const shape = String.raw`^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)$`;
    const fits = `(${text} ~ '${shape}' AND pg_input_is_valid(${text}, 'timestamptz'))`;
    return { fits, made: guarded(fits, `${text}::timestamptz`), changes: String.raw`(${text} ~ '\.\d{7}')` };
  },
  json: (text) => {
    const fits = `pg_input_is_valid(${text}, 'jsonb')`;
    return { fits, made: guarded(fits, `${text}::jsonb`), changes: 'false' };
  },
  option: (text, { field }) => {
    const fits = `(${text} = ANY (ARRAY[${(field.options ?? []).map(quoteText).join(', ')}]::text[]))`;
    return { fits, made: guarded(fits, text), changes: 'false' };
  },
  file: (text) => {
    const id = asWritten(text, 'uuid');
    const target = `EXISTS (SELECT FROM ${FILES_TABLE} AS target WHERE target.id = ${id.made})`;
    return { fits: target, made: guarded(target, id.made), changes: id.changes };
  },
  reference: (text, { field, idType = 'uuid' }) => {
    const id = idFrom(text, idType);
    const target = `EXISTS (SELECT FROM ${quoteTable(field.type!)} AS target WHERE target."id" = ${id.made})`;
    return { fits: target, made: guarded(target, id.made), changes: id.changes };
  },
};
