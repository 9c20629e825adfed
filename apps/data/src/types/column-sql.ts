import { createHash } from 'node:crypto';
import { fieldKinds, NAME_MAX_LENGTH, type Field } from '@nightshift/contracts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { UUID_OID } from '../values/kind-of-oid.ts';
import { toParameter, type ValueShape } from '../values/to-parameter.ts';

/** What the values of a field must be. */
export const valueShapeOf = (field: Field): ValueShape => ({
  kind: field.kind,
  isList: field.list === true,
  ...(field.kind === 'reference' && { elementOid: UUID_OID }),
  field,
});

/**
 * The SQL type of a field's column.
 * @param idType the SQL type of the ids that a reference refers to
 */
export const columnType = (field: Field, idType = 'uuid'): string =>
  `${field.kind === 'reference' ? idType : fieldKinds[field.kind]}${field.list === true ? '[]' : ''}`;

export const hasDefault = (field: Field): boolean => field.default !== undefined && field.default !== null;

/** The default as SQL. The declaration has been checked. */
export const defaultLiteral = (field: Field): string => {
  const conversion = toParameter(valueShapeOf(field), field.default);
  if ('problem' in conversion || conversion.parameter === null) throw new TypeError('the default was not checked');
  return quoteText(conversion.parameter);
};

/** Whether the column has a foreign key: an array cannot have one. */
export const isForeignKey = (field: Field): field is Field & { type: string } =>
  field.kind === 'reference' && field.list !== true && field.type !== undefined;

const SUFFIX = '_options';

/** The name of the rule that keeps an option to its options: the field's, cut so that Postgres does not. */
export const optionsRuleName = (name: string): string => {
  if (name.length + SUFFIX.length <= NAME_MAX_LENGTH) return `${name}${SUFFIX}`;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, NAME_MAX_LENGTH - SUFFIX.length - mark.length - 1)}_${mark}${SUFFIX}`;
};

/** `CHECK (…)`: whatever writes, the column holds one of the options, or a list of them. */
export const optionsRule = (name: string, field: Field): string => {
  const options = `ARRAY[${(field.options ?? []).map(quoteText).join(', ')}]::text[]`;
  const column = quoteName(name);
  const holds = field.list === true ? `array_remove(${column}, NULL) <@ ${options}` : `${column} = ANY (${options})`;
  return `CONSTRAINT ${quoteName(optionsRuleName(name))} CHECK (${holds})`;
};

/** A column as `CREATE TABLE` and `ADD COLUMN` take it. */
export const columnDefinition = (name: string, field: Field, idType?: string): string =>
  [
    `${quoteName(name)} ${columnType(field, idType)}`,
    field.required === true ? 'NOT NULL' : '',
    hasDefault(field) ? `DEFAULT ${defaultLiteral(field)}` : '',
    field.unique === true ? 'UNIQUE' : '',
    isForeignKey(field) ? `REFERENCES ${quoteTable(field.type)} ("id")` : '',
    field.kind === 'option' ? optionsRule(name, field) : '',
  ]
    .filter((part) => part !== '')
    .join(' ');

/** Whether the field has an index of its own; a unique one has one anyway. */
export const needsIndex = (field: Field): boolean => field.indexed === true && field.unique !== true;

export const createIndex = (type: string, name: string, field: Field): string => {
  const isMany = field.kind === 'json' || field.list === true;
  return `CREATE INDEX ON ${quoteTable(type)} ${isMany ? 'USING gin ' : ''}(${quoteName(name)})`;
};
