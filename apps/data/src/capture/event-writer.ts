import { changeKinds, subjects, type ChangeKind } from '@nightshift/contracts';
import { columnJson } from '../values/from-text.ts';
import { shapeOfOid } from '../values/kind-of-oid.ts';
import type { Relation } from './pgoutput.ts';
import type { Row } from './table-reader.ts';

/** What belongs to every event of a transaction, as texts ready for JSON. */
export interface EventFrame {
  /** The position of the commit. */
  transaction: string;
  index: number;
  /** When the transaction was committed, ISO 8601. */
  time: string;
  /** The origin, as JSON text. */
  origin: string;
}

/** One event, as far as it differs from the others of its transaction. */
export interface EventBody {
  kind: ChangeKind;
  before: Row | null;
  now: Row | null;
  changedFields: readonly string[];
  isSuperseded: boolean;
  /** Undefined: the transaction changes the thing once. */
  net:
    | { kind: ChangeKind; before: { writer: EventWriter; row: Row } | null; changedFields: readonly string[] }
    | null
    | undefined;
  incomplete: 'size' | 'identity' | undefined;
}

/** Writes the change events of one table, compiled for its columns: no value is made, only text joined. */
export interface EventWriter {
  readonly subjects: Readonly<Record<ChangeKind, string>>;
  /** The event as JSON; when it is incomplete for its size, with things reduced to their ids. */
  write(body: EventBody, frame: EventFrame): string;
  thing(row: Row): string;
  idOnly(row: Row): string;
}

interface ColumnWriter {
  /** `"name":` */
  label: string;
  toJson: (text: string) => string;
}

const textOf = ({ bytes, ascii, base, tuple }: Row, column: number): string => {
  const start = tuple.start[column]!;
  const end = start + Math.max(0, tuple.length[column]!);
  return ascii === undefined ? bytes.toString('utf8', start, end) : ascii.slice(start - base, end - base);
};

const noFields = '[]';
const fieldsJson = (names: readonly string[]): string => (names.length === 0 ? noFields : JSON.stringify(names));

export const makeEventWriter = (relation: Relation): EventWriter => {
  const columns: ColumnWriter[] = relation.columns.map(({ name, typeOid, typeName }) => ({
    label: `${JSON.stringify(name)}:`,
    toJson: columnJson(shapeOfOid(typeOid, typeName)),
  }));
  const id = relation.columns.findIndex((column) => column.name === 'id');
  const typeJson = JSON.stringify(relation.name);

  const thing = (row: Row): string => {
    let json = '';
    const { length } = row.tuple;
    for (let index = 0; index < columns.length; index++) {
      const { label, toJson } = columns[index]!;
      const bytes = length[index]!;
      // What is not known is left out.
      if (bytes < -1) continue;
      json += `${json === '' ? '{' : ','}${label}${bytes < 0 ? 'null' : toJson(textOf(row, index))}`;
    }
    return json === '' ? '{}' : `${json}}`;
  };
  const idOnly = (row: Row): string => `{"id":${JSON.stringify(textOf(row, id))}}`;

  const kinds = Object.fromEntries(
    changeKinds.map((kind) => [
      kind,
      {
        head: `","source":"/nightshift/data","type":"nightshift.change.${kind}","subject":`,
        data: `","datacontenttype":"application/json","data":{"type":${typeJson},"kind":"${kind}",`,
      },
    ]),
  ) as Record<ChangeKind, { head: string; data: string }>;

  const write: EventWriter['write'] = (body, { transaction, index, time, origin }) => {
    const { kind, before, now, net, incomplete } = body;
    const toJson = incomplete === 'size' ? idOnly : thing;
    const { head, data } = kinds[kind];
    let json = `{"specversion":"1.0","id":"${transaction}/${index}${head}${JSON.stringify(textOf((now ?? before)!, id))},"time":"${time}${data}`;
    if (before !== null) json += `"before":${toJson(before)},`;
    if (now !== null) json += `"now":${toJson(now)},`;
    json += `"changedFields":${fieldsJson(body.changedFields)},"origin":${origin},"transaction":{"id":"${transaction}","index":${index}}`;
    if (body.isSuperseded) json += ',"superseded":true';
    if (net !== undefined) json += `,"net":${net === null ? 'null' : netJson(net, incomplete === 'size')}`;
    if (incomplete !== undefined) json += `,"incomplete":"${incomplete}"`;
    return `${json}}}`;
  };

  const subjectOf = (kind: ChangeKind): [ChangeKind, string] => [kind, subjects.change(relation.name, kind)];
  return {
    subjects: Object.fromEntries(changeKinds.map(subjectOf)) as Record<ChangeKind, string>,
    write,
    thing,
    idOnly,
  };
};

const netJson = ({ kind, before, changedFields }: NonNullable<EventBody['net']>, isReduced: boolean): string => {
  const was =
    before === null
      ? ''
      : `"before":${isReduced ? before.writer.idOnly(before.row) : before.writer.thing(before.row)},`;
  return `{"kind":"${kind}",${was}"changedFields":${fieldsJson(changedFields)}}`;
};
