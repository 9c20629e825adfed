import type { Field, FieldKind } from '@nightshift/contracts';

/** A column of a type's table, as Postgres has it, and the field that it is. */
export interface Column {
  readonly name: string;
  readonly kind: FieldKind;
  readonly field: Field;
  readonly typeOid: number;
  /** As SQL writes it in a cast: `bigint`, `character varying`. From Postgres' own catalog, so safe in a statement. */
  readonly sqlType: string;
  readonly isNullable: boolean;
  /** Has a default, is an identity or is generated: a new thing need not say it. */
  readonly hasDefault: boolean;
  readonly isGenerated: boolean;
  /** The table that its foreign key refers to. */
  readonly refersTo?: string;
  /** Its column that the reference is to; absent: the id. */
  readonly refersToColumn?: string;
}
