import type { Field, FieldKind } from '@nightshift/contracts';

/** A column of a type's table, as Postgres has it, and the field that it is. */
export interface Column {
  readonly name: string;
  /** Of a list: what each of its values is. */
  readonly kind: FieldKind;
  readonly isList: boolean;
  readonly field: Field;
  readonly typeOid: number;
  /** Of one value of a list; otherwise the same as `typeOid`. */
  readonly elementOid: number;
  /** As SQL writes it in a cast: `bigint`, `character varying`, `text[]`. From Postgres' own catalog, so safe in a statement. */
  readonly sqlType: string;
  /** Of one value of a list; otherwise the same as `sqlType`. */
  readonly elementType: string;
  readonly isNullable: boolean;
  /** Has a default, is an identity or is generated: a new thing need not say it. */
  readonly hasDefault: boolean;
  readonly isGenerated: boolean;
  /** The type that it refers to; by a foreign key, unless it is a list. */
  readonly refersTo?: string;
  /** Its column that the reference is to; absent: the id. */
  readonly refersToColumn?: string;
}
