import type { Field, FieldKind } from '@nightshift/contracts';

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

/** Arrays of Postgres' own types and what they are of; its rarer ones are texts, as Postgres writes them. */
const elements = new Map<number, number>([
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1014, BPCHAR_OID],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1040, 829],
  [1041, 869],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1187, 1186],
  [1231, 1700],
  [1270, 1266],
  [199, 114],
  [651, 650],
  [2951, UUID_OID],
  [3807, 3802],
]);

/** Types with a higher one were made by somebody: domains, enums, what extensions bring, and arrays of those. */
const LAST_OID_OF_POSTGRES = 16_383;

/** What a type of Postgres is in Nightshift. */
export interface OidShape {
  readonly kind: FieldKind;
  readonly isList: boolean;
  /** Of one value. 0 where only an array's name tells that it is one. */
  readonly elementOid: number;
}

/**
 * The kind of a column by its Postgres type. What has no kind of its own is text, as Postgres writes it.
 * @param typeName as in `pg_type.typname`; arrays of types that somebody made are known by the `_` that Postgres puts before
 */
export const shapeOfOid = (oid: number, typeName?: string | null): OidShape => {
  const element = elements.get(oid);
  if (element !== undefined) return { kind: kindOfOid(element), isList: true, elementOid: element };
  if (oid > LAST_OID_OF_POSTGRES && typeName?.startsWith('_') === true)
    return { kind: 'text', isList: true, elementOid: 0 };
  return { kind: kindOfOid(oid), isList: false, elementOid: oid };
};

const kindOfOid = (oid: number): FieldKind => kinds.get(oid) ?? 'text';

/** Whether SQL's string functions take the column as it is. */
export const isTextOid = (oid: number): boolean => textOids.has(oid);

/**
 * The kind of a column: what Postgres says, and where Postgres says too little (options, files and lists of references are texts
 * and ids to it) what was declared.
 */
export const kindOfColumn = (
  { kind, isList, elementOid }: OidShape,
  refersTo: string | null,
  declared: Field | undefined,
): FieldKind => {
  if (refersTo !== null) return 'reference';
  if (declared === undefined || (declared.list === true) !== isList) return kind;
  const isId = elementOid === UUID_OID;
  if (declared.kind === 'option' && isTextOid(elementOid)) return 'option';
  if (declared.kind === 'file' && isId) return 'file';
  return declared.kind === 'reference' && isList && (isId || isTextOid(elementOid)) ? 'reference' : kind;
};
