import { POSTGRES_EPOCH_MS } from './replication-protocol.ts';

/**
 * Messages of the output plugin `pgoutput`, protocol version 1, read in place.
 * https://www.postgresql.org/docs/18/protocol-logicalrep-message-formats.html
 */
const tag = (letter: string): number => letter.charCodeAt(0);

export const tags = {
  begin: tag('B'),
  commit: tag('C'),
  message: tag('M'),
  relation: tag('R'),
  type: tag('Y'),
  insert: tag('I'),
  update: tag('U'),
  delete: tag('D'),
  truncate: tag('T'),
} as const;

const OLD = tag('O');
const KEY = tag('K');
const TEXT = tag('t');
const NULL = tag('n');

export interface RelationColumn {
  name: string;
  typeOid: number;
  /** Of a type that does not come with Postgres, as the log has named it. */
  typeName: string | undefined;
  /** Of the replica identity. */
  isKey: boolean;
}

/** A table as it is from here on in the log. */
export interface Relation {
  oid: number;
  schema: string;
  name: string;
  identity: 'default' | 'nothing' | 'full' | 'index';
  columns: RelationColumn[];
}

/** What `length` says of a column without a text: that it is null, or that Postgres did not send it. */
export const IS_NULL = -1;
export const IS_ABSENT = -2;

/** One row within a message: where the text of each column is. */
export interface Tuple {
  readonly start: Int32Array;
  readonly length: Int32Array;
}

export const makeTuple = (columns: number): Tuple => ({
  start: new Int32Array(columns),
  length: new Int32Array(columns),
});

/** Reads a row; answers with where it ends. */
const readTuple = (bytes: Buffer, from: number, tuple: Tuple): number => {
  const count = bytes.readUInt16BE(from);
  let at = from + 2;
  for (let index = 0; index < count; index++) {
    const kind = bytes[at++];
    if (kind !== TEXT) {
      tuple.length[index] = kind === NULL ? IS_NULL : IS_ABSENT;
      continue;
    }
    const length = bytes.readInt32BE(at);
    tuple.start[index] = at + 4;
    tuple.length[index] = length;
    at += 4 + length;
  }
  return at;
};

/** Which rows a change has: `key` is an old one of which only the columns of the identity are known. */
export type OldRow = 'none' | 'key' | 'full';

/**
 * Reads an insert, an update or a delete into the tuples. A large value that an update left alone is not sent with the new row: it is
 * the one of the old row then.
 */
export const readChange = (bytes: Buffer, start: number, before: Tuple, now: Tuple): OldRow => {
  const kind = bytes[start];
  let at = start + 5;
  if (kind === tags.insert) {
    readTuple(bytes, at + 1, now);
    return 'none';
  }
  let old: OldRow = 'none';
  if (bytes[at] === OLD || bytes[at] === KEY) {
    old = bytes[at] === OLD ? 'full' : 'key';
    at = readTuple(bytes, at + 1, before);
  }
  if (kind === tags.update) {
    readTuple(bytes, at + 1, now);
    if (old === 'full') {
      for (let index = 0; index < now.length.length; index++) {
        if (now.length[index] !== IS_ABSENT) continue;
        now.start[index] = before.start[index]!;
        now.length[index] = before.length[index]!;
      }
    }
  }
  return old;
};

const readText = (bytes: Buffer, at: number): { text: string; end: number } => {
  const end = bytes.indexOf(0, at);
  return { text: bytes.toString('utf8', at, end), end: end + 1 };
};

const identities = { d: 'default', n: 'nothing', f: 'full', i: 'index' } as const;

export interface NamedType {
  oid: number;
  name: string;
}

export const readType = (bytes: Buffer, start: number): NamedType => {
  const schema = readText(bytes, start + 5);
  return { oid: oidOf(bytes, start), name: readText(bytes, schema.end).text };
};

/** @param typeNames as the log has told them before, by oid */
export const readRelation = (bytes: Buffer, start: number, typeNames: ReadonlyMap<number, string>): Relation => {
  const oid = bytes.readUInt32BE(start + 1);
  const schema = readText(bytes, start + 5);
  const name = readText(bytes, schema.end);
  const identity = identities[String.fromCharCode(bytes[name.end]!) as keyof typeof identities];
  const columns: RelationColumn[] = [];
  let at = name.end + 3;
  for (let left = bytes.readUInt16BE(name.end + 1); left > 0; left--) {
    const column = readText(bytes, at + 1);
    const typeOid = bytes.readUInt32BE(column.end);
    columns.push({ name: column.text, typeOid, typeName: typeNames.get(typeOid), isKey: bytes[at] === 1 });
    at = column.end + 8;
  }
  return { oid, schema: schema.text, name: name.text, identity, columns };
};

export const oidOf = (bytes: Buffer, start: number): number => bytes.readUInt32BE(start + 1);

export interface Begin {
  /** `00000000/016B3748`, always of this length. */
  commitPosition: string;
  /** ISO 8601 with microseconds. */
  time: string;
}

const hex8 = (number: number): string => number.toString(16).toUpperCase().padStart(8, '0');

export const readBegin = (bytes: Buffer, start: number): Begin => ({
  commitPosition: `${hex8(bytes.readUInt32BE(start + 1))}/${hex8(bytes.readUInt32BE(start + 5))}`,
  time: isoTime(bytes.readUInt32BE(start + 9) * 2 ** 32 + bytes.readUInt32BE(start + 13)),
});

/** Microseconds since 2000 as ISO 8601 with microseconds, as every time is shown. Exact until 2255. */
const isoTime = (microseconds: number): string => {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, '0');
  return `${new Date(POSTGRES_EPOCH_MS + milliseconds).toISOString().slice(0, -1)}${rest}Z`;
};

/** Where the transaction ends in the log. */
export const readCommitEnd = (bytes: Buffer, start: number): number =>
  bytes.readUInt32BE(start + 10) * 2 ** 32 + bytes.readUInt32BE(start + 14);

export interface LogicalMessage {
  isTransactional: boolean;
  prefix: string;
  content: string;
}

export const readLogicalMessage = (bytes: Buffer, start: number): LogicalMessage => {
  const prefix = readText(bytes, start + 10);
  const length = bytes.readUInt32BE(prefix.end);
  return {
    isTransactional: (bytes[start + 1]! & 1) === 1,
    prefix: prefix.text,
    content: bytes.toString('utf8', prefix.end + 4, prefix.end + 4 + length),
  };
};

/** Oids of the tables that were truncated. */
export const readTruncate = (bytes: Buffer, start: number): number[] =>
  Array.from({ length: bytes.readUInt32BE(start + 1) }, (_, index) => bytes.readUInt32BE(start + 6 + index * 4));
