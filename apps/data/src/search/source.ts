import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { Reader } from '../privacy/condition-scope.ts';
import { filteredSource, seenType, type RightToRows } from '../privacy/filtered-source.ts';
import { makeParameters, type Parameters } from './parameters.ts';

/** What one statement that reads things is made with. */
export interface Reading {
  readonly parameters: Parameters;
  /** The types as they were last read, for references that lead to another one. */
  typeNamed(name: string): StoredType | undefined;
  /** Whom privacy rules bind. Absent: the platform, which no rules bind. */
  readonly reader?: Reader;
  /** Postgres' text search configuration: how texts become words. */
  readonly language: string;
}

/** Makes the reading of one statement. */
export type NewReading = () => Reading;

export const makeNewReading =
  (typeNamed: Reading['typeNamed'], language: string, reader?: Reader): NewReading =>
  () =>
    reader === undefined
      ? { parameters: makeParameters(), typeNamed, language }
      : { parameters: makeParameters(), typeNamed: seenBy(typeNamed), language, reader };

const seenBy =
  (typeNamed: Reading['typeNamed']): Reading['typeNamed'] =>
  (name) => {
    const type = typeNamed(name);
    return type === undefined ? undefined : seenType(type);
  };

/**
 * A type's things under an alias, to stand after `FROM`. Everything that reads or chooses things names its tables by this, so that what
 * a reading may not find is out of reach of conditions, orders and aggregates too. The alias is ours, never a caller's.
 * @param right that the things are to have for the reader beside being found
 */
export const sourceOf = (type: StoredType, alias: string, reading: Reading, right?: RightToRows): string => {
  const { reader, parameters, typeNamed } = reading;
  const rows =
    reader === undefined ? quoteTable(type.name) : filteredSource({ type, reader, parameters, typeNamed }, right);
  return `${rows} AS ${quoteName(alias)}`;
};
