import type { Field, FieldKind } from '@nightshift/contracts';
import { quoteName } from '../database/quote.ts';
import type { Column } from '../values/column.ts';
import { isTextOid } from '../values/kind-of-oid.ts';

/** What a condition, an order or an aggregate is about: a column of a source, an element of a list, or something computed. */
export interface Subject {
  /** As the search names it. */
  readonly name: string;
  readonly sql: string;
  /** Of a list: what each of its values is, as with the next two. */
  readonly kind: FieldKind;
  readonly elementOid: number;
  readonly elementType: string;
  readonly isList: boolean;
  readonly sqlType: string;
  readonly isNullable: boolean;
  readonly field?: Field;
  /** The column of a type that it is, or that it is an element of. */
  readonly column?: Column;
}

export const subjectOf = (column: Column, alias: string): Subject => ({
  name: column.name,
  sql: `${alias}.${quoteName(column.name)}`,
  kind: column.kind,
  elementOid: column.elementOid,
  elementType: column.elementType,
  isList: column.isList,
  sqlType: column.sqlType,
  isNullable: column.isNullable,
  field: column.field,
  column,
});

/** Each value of a list, under the alias that it is unnested to. */
export const elementOf = (list: Subject, alias: string): Subject => ({
  ...list,
  sql: `${alias}.v`,
  isList: false,
  sqlType: list.elementType,
  isNullable: true,
});

/** Something that the statement computes. */
export const computed = (subject: Pick<Subject, 'name' | 'sql' | 'kind' | 'elementOid' | 'sqlType'>): Subject => ({
  ...subject,
  elementType: subject.sqlType,
  isList: false,
  isNullable: false,
});

/** Whether it is one text: an option is one too. */
export const isTextual = ({ kind, isList }: Subject): boolean => !isList && (kind === 'text' || kind === 'option');

/** Whether string functions of SQL take it as it is. */
export const isPlainText = (subject: Subject): boolean => isTextual(subject) && isTextOid(subject.elementOid);

/** How a violation names what it is. */
export const kindOf = ({ kind, isList, elementType, elementOid }: Subject): string =>
  isList ? 'a list' : kind === 'text' && !isTextOid(elementOid) ? elementType : kind;
