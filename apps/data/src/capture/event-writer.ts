import { changeKinds, subjects, type ChangeKind } from '@nightshift/contracts';
import type { Pgoutput } from 'pg-logical-replication';
import { columnJson } from '../values/from-text.ts';
import { shapeOfOid } from '../values/kind-of-oid.ts';

/** Texts as Postgres writes them, by column. Undefined: Postgres did not send it (replica identity not FULL). */
export type Tuple = Record<string, string | null | undefined>;

/** What belongs to every event of a transaction, as texts ready for JSON. */
export interface EventFrame {
  /** The event's id, as it stands in JSON. */
  id: string;
  /** When the transaction was committed, ISO 8601. */
  time: string;
  /** The origin, as JSON text. */
  origin: string;
}

/** Writes the change events of one table, compiled for its columns: no value is made, only text joined. */
export interface EventWriter {
  readonly subjects: Readonly<Record<ChangeKind, string>>;
  /** Names of the fields that differ, without `updatedAt`, which always does. */
  changedFields(before: Tuple, now: Tuple): string[];
  /** The event as JSON, or with things reduced to their ids. */
  write(
    kind: ChangeKind,
    before: Tuple | null,
    now: Tuple | null,
    changed: readonly string[],
    frame: EventFrame,
  ): string;
  writeIdsOnly(
    kind: ChangeKind,
    before: Tuple | null,
    now: Tuple | null,
    changed: readonly string[],
    frame: EventFrame,
  ): string;
}

interface ColumnWriter {
  name: string;
  /** `"name":`, with the comma before it. */
  label: string;
  toJson: (text: string) => string;
}

export const makeEventWriter = (relation: Pgoutput.MessageRelation): EventWriter => {
  const columns: ColumnWriter[] = relation.columns.map(({ name, typeOid, typeName }, index) => ({
    name,
    label: `${index === 0 ? '' : ','}${JSON.stringify(name)}:`,
    toJson: columnJson(shapeOfOid(typeOid, typeName)),
  }));
  const compared = columns.filter((column) => column.name !== 'updatedAt').map((column) => column.name);
  const typeJson = JSON.stringify(relation.name);

  const thing = (tuple: Tuple): string => {
    let json = '{';
    for (const { name, label, toJson } of columns) {
      const text = tuple[name];
      json += label + (text === null || text === undefined ? 'null' : toJson(text));
    }
    return `${json}}`;
  };
  const idOnly = (tuple: Tuple): string => `{"id":${JSON.stringify(tuple['id'] ?? null)}}`;

  const writeWith =
    (toJson: (tuple: Tuple) => string): EventWriter['write'] =>
    (kind, before, now, changed, { id, time, origin }) =>
      `{"specversion":"1.0","id":"${id}","source":"/nightshift/data","type":"nightshift.change.${kind}","subject":${JSON.stringify(
        (now ?? before)?.['id'] ?? '',
      )},"time":"${time}","datacontenttype":"application/json","data":{"type":${typeJson},"kind":"${kind}",${
        before === null ? '' : `"before":${toJson(before)},`
      }${now === null ? '' : `"now":${toJson(now)},`}"changedFields":${JSON.stringify(changed)},"origin":${origin}}}`;

  const subjectOf = (kind: ChangeKind): [ChangeKind, string] => [kind, subjects.change(relation.name, kind)];
  return {
    subjects: Object.fromEntries(changeKinds.map(subjectOf)) as Record<ChangeKind, string>,
    changedFields: (before, now) => compared.filter((name) => before[name] !== now[name]),
    write: writeWith(thing),
    writeIdsOnly: writeWith(idOnly),
  };
};
