import type { FieldKind } from '@nightshift/contracts';
import { quoteName } from '../database/quote.ts';
import type { Column } from '../values/column.ts';

/** What a condition, an order or an aggregate is about: a column of a source, or something computed. */
export interface Subject {
  /** As the search names it. */
  readonly name: string;
  readonly sql: string;
  readonly kind: FieldKind;
  readonly typeOid: number;
  readonly sqlType: string;
  readonly isNullable: boolean;
  /** The column of a type that it is. */
  readonly column?: Column;
}

export const subjectOf = (column: Column, alias: string): Subject => ({
  name: column.name,
  sql: `${alias}.${quoteName(column.name)}`,
  kind: column.kind,
  typeOid: column.typeOid,
  sqlType: column.sqlType,
  isNullable: column.isNullable,
  column,
});
