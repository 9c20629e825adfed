import { IS_ABSENT, makeTuple, readChange, tags, type OldRow, type Relation, type Tuple } from './pgoutput.ts';
import { hashThing, hashType, type ThingHash } from './thing-counts.ts';

/** A change of one table as it was read last. */
export interface Row {
  readonly bytes: Buffer;
  /** The whole message if it is plain ASCII: then texts are cut from it. */
  readonly ascii: string | undefined;
  /** Where in the bytes the message begins. */
  readonly base: number;
  readonly tuple: Tuple;
}

/**
 * Reads the changes of one table, as it is since its last relation message. One change at a time: rows are read into the same
 * two tuples again and again.
 */
export interface TableReader {
  readonly relation: Relation;
  /** Where the column `id` is; a table without it has no things. */
  readonly id: number;
  readonly before: Tuple;
  readonly now: Tuple;
  /** The hash of the id in a row. */
  hash(bytes: Buffer, tuple: Tuple): ThingHash;
  read(bytes: Buffer, start: number): OldRow;
  /** Whether two rows differ in the column; what is not known of one of them may. */
  differs(column: number, bytes: Buffer, a: Tuple, otherBytes: Buffer, b: Tuple): boolean;
  /** What is to be told of the change that was read: an update may be nothing, or, when the id changed, two things. */
  kindOf(bytes: Buffer, start: number): 'created' | 'changed' | 'deleted' | 'moved' | 'nothing';
}

/** A text column's bytes are compared one by one up to here; beyond, the call into C++ is the cheaper way. */
const SHORT_BYTES = 48;

export const makeTableReader = (relation: Relation): TableReader => {
  const before = makeTuple(relation.columns.length);
  const now = makeTuple(relation.columns.length);
  const id = relation.columns.findIndex((column) => column.name === 'id');
  const updatedAt = relation.columns.findIndex((column) => column.name === 'updatedAt');
  const seed = hashType(relation.name);

  const differs: TableReader['differs'] = (column, bytes, a, otherBytes, b) => {
    const length = a.length[column]!;
    if (length !== b.length[column]) return true;
    // An absent value is not known, unless it is the same message in which both are absent.
    if (length < 0) return length === IS_ABSENT && bytes !== otherBytes;
    const from = a.start[column]!;
    const otherFrom = b.start[column]!;
    if (length > SHORT_BYTES)
      return bytes.compare(otherBytes, otherFrom, otherFrom + length, from, from + length) !== 0;
    for (let index = 0; index < length; index++) if (bytes[from + index] !== otherBytes[otherFrom + index]) return true;
    return false;
  };

  return {
    relation,
    id,
    before,
    now,
    differs,
    hash: (bytes, tuple) => hashThing(seed, bytes, tuple.start[id]!, Math.max(0, tuple.length[id]!)),
    read: (bytes, start) => {
      const old = readChange(bytes, start, before, now);
      // Columns beyond the identity come as nulls, which they need not be.
      if (old === 'key')
        relation.columns.forEach((column, index) => {
          if (!column.isKey) before.length[index] = IS_ABSENT;
        });
      // Without an old row the identity was not changed.
      if (old === 'none' && bytes[start] === tags.update) {
        before.length.fill(IS_ABSENT);
        before.start[id] = now.start[id]!;
        before.length[id] = now.length[id]!;
      }
      return old;
    },
    kindOf: (bytes, start) => {
      if (bytes[start] === tags.insert) return 'created';
      if (bytes[start] === tags.delete) return 'deleted';
      // A key that leaves the id out says nothing of it.
      if (before.length[id] === IS_ABSENT) {
        before.start[id] = now.start[id]!;
        before.length[id] = now.length[id]!;
      }
      if (differs(id, bytes, before, bytes, now)) return 'moved';
      for (let column = 0; column < before.length.length; column++)
        if (column !== updatedAt && differs(column, bytes, before, bytes, now)) return 'changed';
      return 'nothing';
    },
  };
};
