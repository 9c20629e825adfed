import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { makeParameters, type Parameters } from './parameters.ts';

/** What one statement that reads things is made with. */
export interface Reading {
  readonly parameters: Parameters;
  /** The types as they were last read, for references that lead to another one. */
  typeNamed(name: string): StoredType | undefined;
}

/** Makes the reading of one statement. */
export type NewReading = () => Reading;

export const makeNewReading =
  (typeNamed: Reading['typeNamed']): NewReading =>
  () => ({ parameters: makeParameters(), typeNamed });

/**
 * A type's things under an alias, to stand after `FROM`. Everything that reads or chooses things names its tables by this, so that what
 * a reading may not find is out of reach of conditions, orders and aggregates too. The alias is ours, never a caller's.
 */
export const sourceOf = (type: StoredType, alias: string, _reading: Reading): string =>
  `${quoteTable(type.name)} AS ${quoteName(alias)}`;
