import type { FieldKind } from '@nightshift/contracts';

export const UUID_OID = 2950;
export const BPCHAR_OID = 1042;
/** `text`, `varchar`, `bpchar` and `name`: what string functions of SQL take without a cast. */
const textOids = new Set([25, 1043, BPCHAR_OID, 19]);

const kinds = new Map<number, FieldKind>([
  [16, 'boolean'],
  [20, 'integer'],
  [21, 'integer'],
  [23, 'integer'],
  [700, 'number'],
  [701, 'number'],
  [1700, 'number'],
  [1082, 'date'],
  [1114, 'dateTime'],
  [1184, 'dateTime'],
  [114, 'json'],
  [3802, 'json'],
]);

/** The kind of a column by its Postgres type. What has no kind of its own is text, as Postgres writes it. */
export const kindOfOid = (oid: number): FieldKind => kinds.get(oid) ?? 'text';

/** Whether SQL's string functions take the column as it is. */
export const isTextOid = (oid: number): boolean => textOids.has(oid);
