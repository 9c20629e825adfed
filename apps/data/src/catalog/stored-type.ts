import type { PrivacyRule, Thing, TypeDefinition } from '@nightshift/contracts';
import { rememberVersion, VERSION_COLUMN } from './thing-version.ts';
import type { Column } from '../values/column.ts';
import { columnValue } from '../values/from-text.ts';

/** A type with the columns of its table, `id` among them, in the table's order. */
export interface StoredType {
  readonly name: string;
  readonly attached: boolean;
  readonly columns: readonly Column[];
  readonly id: Column;
  readonly definition: TypeDefinition;
  /** What users may do with its things; without rules, nothing. */
  readonly privacy: readonly PrivacyRule[];
  /** The column of that name, or undefined. */
  column(name: string): Column | undefined;
}

/** A row of texts in the order of the type's columns, its version behind them if it was asked for, as the thing that REST shows. */
export const thingFromRow = (type: StoredType, row: readonly (string | null)[]): Thing => {
  const thing: Record<string, unknown> = {};
  type.columns.forEach((column, index) => {
    const text = row[index] ?? null;
    thing[column.name] = text === null ? null : columnValue(column, text);
  });
  rememberVersion(thing as Thing, row[type.columns.length]);
  return thing as Thing;
};

/** A kept answer (texts by column name) as the thing that REST shows. Columns that came later are null. */
export const thingFromAnswer = (type: StoredType, answer: Record<string, string | null>): Thing =>
  thingFromRow(type, [
    ...type.columns.map((column) => (Object.hasOwn(answer, column.name) ? answer[column.name]! : null)),
    answer[VERSION_COLUMN] ?? null,
  ]);
