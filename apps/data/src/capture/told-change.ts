import { isAscii } from 'node:buffer';
import type { ChangeKind } from '@nightshift/contracts';
import type { EventBody, EventFrame } from './event-writer.ts';
import type { KnownTable, KnownTables } from './known-tables.ts';
import { IS_ABSENT, oidOf, type Tuple } from './pgoutput.ts';
import type { Row, TableReader } from './table-reader.ts';
import type { ThingCounts, ThingHash } from './thing-counts.ts';
import type { TransactionStore } from './transaction-store.ts';

/** An event, ready to be published. */
export interface ToldChange {
  id: string;
  subject: string;
  json: string;
  /** How many bytes it would have had, if that is too many. */
  oversize: number | undefined;
}

export interface WriteChangeDeps {
  tables: KnownTables;
  store: TransactionStore;
  /** Undefined when the transaction has one change only. */
  counts: ThingCounts | undefined;
  frame: EventFrame;
  tell: (told: ToldChange) => void;
}

/**
 * The message server takes 1 MiB with the headers. An event over this is sent with ids in place of the things: smaller would cut what
 * would have passed, larger would be refused by the server.
 */
const EVENT_MAX_BYTES = 1_000_000;
/** Longer messages are mostly one large text, which is cut from the bytes as cheaply. */
const ASCII_MAX_BYTES = 65_536;

/** Counts what a change does to its thing, or to two when it changes the id. */
export const countChanges = (
  { reader }: KnownTable,
  bytes: Buffer,
  start: number,
  place: number,
  counts: ThingCounts,
): void => {
  reader.read(bytes, start);
  const kind = reader.kindOf(bytes, start);
  if (kind === 'nothing') return;
  if (kind !== 'created') counts.add(reader.hash(bytes, reader.before), place);
  if (kind === 'created' || kind === 'moved') counts.add(reader.hash(bytes, reader.now), place);
};

/** Tells the change at a place: one event, none if it changes nothing, two if it changes the id. */
export const writeChange = (deps: WriteChangeDeps, bytes: Buffer, start: number, end: number, place: number): void => {
  const table = deps.tables.at(oidOf(bytes, start), place);
  if (table === undefined) return;
  const { reader } = table;
  const isPartial = reader.read(bytes, start) !== 'full';
  const kind = reader.kindOf(bytes, start);
  if (kind === 'nothing') return;
  const ascii = end - start <= ASCII_MAX_BYTES ? asciiOf(bytes, start, end) : undefined;
  const before: Row = { bytes, ascii, base: start, tuple: reader.before };
  const now: Row = { bytes, ascii, base: start, tuple: reader.now };
  const change = { table, length: end - start, isPartial: isPartial && kind !== 'created' };
  if (kind === 'created') return tellOne(deps, change, 'created', null, now);
  if (kind === 'changed') return tellOne(deps, change, 'changed', before, now);
  tellOne(deps, change, 'deleted', before, null);
  if (kind === 'moved') tellOne(deps, { ...change, isPartial: false }, 'created', null, now);
};

const asciiOf = (bytes: Buffer, start: number, end: number): string | undefined =>
  isAscii(bytes.subarray(start, end)) ? bytes.toString('latin1', start, end) : undefined;

const changedFields = (reader: TableReader, before: Row, now: Row): string[] => {
  const names: string[] = [];
  reader.relation.columns.forEach(({ name }, column) => {
    if (name !== 'updatedAt' && reader.differs(column, before.bytes, before.tuple, now.bytes, now.tuple))
      names.push(name);
  });
  return names;
};

const tellOne = (
  { store, tables, counts, frame, tell }: WriteChangeDeps,
  { table, length, isPartial }: { table: KnownTable; length: number; isPartial: boolean },
  kind: ChangeKind,
  before: Row | null,
  now: Row | null,
): void => {
  const { reader, writer } = table;
  const row = (now ?? before)!;
  // Deleted under an identity that leaves out the id: nobody can say what.
  if (row.tuple.length[reader.id] === IS_ABSENT) return;
  const hash = reader.hash(row.bytes, row.tuple);
  const taken = counts?.take(hash);
  const net = taken?.left === 0 ? netOf(tables, store, table, hash, taken.first, now) : undefined;
  const mostBytes = Math.max(length, net?.length ?? 0);
  const body: EventBody = {
    kind,
    before,
    now,
    changedFields: kind === 'changed' ? changedFields(reader, before!, now!) : [],
    isSuperseded: taken !== undefined && taken.left > 0,
    net: net === undefined ? undefined : net.change,
    incomplete: mostBytes > EVENT_MAX_BYTES ? 'size' : isPartial ? 'identity' : undefined,
  };
  let json = writer.write(body, frame);
  let oversize = body.incomplete === 'size' ? mostBytes : undefined;
  // A character has at most three bytes: only long texts need to be counted.
  if (oversize === undefined && json.length * 3 > EVENT_MAX_BYTES && Buffer.byteLength(json) > EVENT_MAX_BYTES) {
    oversize = Buffer.byteLength(json);
    json = writer.write({ ...body, incomplete: 'size' }, frame);
  }
  tell({ id: `${frame.transaction}/${frame.index++}`, subject: writer.subjects[kind], json, oversize });
};

/** What the transaction did to the thing from its first change, at a place, to its last one. */
const netOf = (
  tables: KnownTables,
  store: TransactionStore,
  last: KnownTable,
  hash: ThingHash,
  place: number,
  now: Row | null,
): { change: Exclude<EventBody['net'], undefined>; length: number } => {
  const { bytes, start, end } = store.at(place);
  const first = tables.at(oidOf(bytes, start), place)!;
  const reader = first.otherReader;
  reader.read(bytes, start);
  const kind = reader.kindOf(bytes, start);
  const existed = kind !== 'created' && (kind !== 'moved' || isSame(reader.hash(bytes, reader.before), hash));
  const length = end - start;
  if (!existed) return { change: now === null ? null : { kind: 'created', before: null, changedFields: [] }, length };
  const ascii = length <= ASCII_MAX_BYTES ? asciiOf(bytes, start, end) : undefined;
  const row: Row = { bytes, ascii, base: start, tuple: reader.before };
  const before = { writer: first.writer, row };
  if (now === null) return { change: { kind: 'deleted', before, changedFields: [] }, length };
  const fields =
    first === last
      ? changedFields(last.reader, row, now)
      : differingFields(first.reader, row.tuple, bytes, last.reader, now);
  return { change: fields.length === 0 ? null : { kind: 'changed', before, changedFields: fields }, length };
};

const isSame = (one: ThingHash, other: ThingHash): boolean => one.a === other.a && one.b === other.b;

/** As `changedFields`, of a table whose columns were changed in between. */
const differingFields = (
  first: TableReader,
  before: Tuple,
  bytes: Buffer,
  last: TableReader,
  { bytes: nowBytes, tuple: now }: Row,
): string[] =>
  last.relation.columns.flatMap(({ name }, column) => {
    const was = first.relation.columns.findIndex((candidate) => candidate.name === name);
    const text = (source: Buffer, tuple: Tuple, index: number): string | null =>
      (tuple.length[index] ?? -1) < 0
        ? null
        : source.toString('latin1', tuple.start[index], tuple.start[index]! + tuple.length[index]!);
    return name !== 'updatedAt' && text(bytes, before, was) !== text(nowBytes, now, column) ? [name] : [];
  });
