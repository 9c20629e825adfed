import { makeEventWriter, type EventWriter } from './event-writer.ts';
import type { Relation } from './pgoutput.ts';
import { makeTableReader, type TableReader } from './table-reader.ts';

/** How a table's changes are read and written, from a place in the transaction on. */
export interface KnownTable {
  readonly reader: TableReader;
  /** For a second change beside the one that the reader holds. */
  readonly otherReader: TableReader;
  readonly writer: EventWriter;
  since: number;
  /** As it was before, in the same transaction: a table may be altered between two changes. */
  previous: KnownTable | undefined;
}

/** The tables that the log has spoken of. */
export interface KnownTables {
  /** The table as the log described it last; undefined for one that is no type, or whose things have no id. */
  current(oid: number): KnownTable | undefined;
  /** As it was at a place of the transaction. */
  at(oid: number, place: number): KnownTable | undefined;
  /** The log describes a table. @returns whether its changes can be told */
  learn(relation: Relation, place: number): boolean;
  /** The transaction is over. */
  settle(): void;
}

export const makeKnownTables = (): KnownTables => {
  const tables = new Map<number, KnownTable>();
  let learned: KnownTable[] = [];
  return {
    current: (oid) => tables.get(oid),
    at: (oid, place) => {
      let table = tables.get(oid);
      while (table !== undefined && table.since > place) table = table.previous;
      return table;
    },
    learn: (relation, place) => {
      const reader = makeTableReader(relation);
      if (reader.id < 0) {
        tables.delete(relation.oid);
        return false;
      }
      const table: KnownTable = {
        reader,
        otherReader: makeTableReader(relation),
        writer: makeEventWriter(relation),
        since: place,
        previous: tables.get(relation.oid),
      };
      tables.set(relation.oid, table);
      learned.push(table);
      return true;
    },
    settle: () => {
      if (learned.length === 0) return;
      for (const table of learned) {
        table.since = 0;
        table.previous = undefined;
      }
      learned = [];
    },
  };
};
