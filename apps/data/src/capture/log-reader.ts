import { compileSchema, OriginSchema, START_MESSAGE_PREFIX } from '@nightshift/contracts';
import type { LogPosition } from './log-position.ts';
import {
  oidOf,
  readBegin,
  readCommitEnd,
  readLogicalMessage,
  readRelation,
  readTruncate,
  readType,
  tags,
  type Begin,
} from './pgoutput.ts';
import { makeKnownTables } from './known-tables.ts';
import { makeThingCounts } from './thing-counts.ts';
import { makeTransactionStore } from './transaction-store.ts';
import { countChanges, writeChange, type ToldChange } from './told-change.ts';
import { tellStart } from './told-start.ts';

export type Trouble = 'origin' | 'identity' | 'oversize' | 'no_id';

/** What comes out of the log, in commit order. */
export interface LogListener {
  onBegin(): void;
  onEvent(subject: string, id: string, json: string): void;
  onCommit(end: LogPosition): void;
  /** Something that becomes no event, or not a whole one, and that somebody must know of. */
  onTrouble(trouble: Trouble, fields: object): void;
  /** Tables were emptied, and their things are in no event. Nothing of the transaction is finished before it resolves. */
  onTruncated(types: string[], transaction: Begin): Promise<void>;
  /** Undefined when more events are welcome, else resolves as soon as they are. */
  room(): Promise<void> | undefined;
}

const checkOrigin = compileSchema(OriginSchema);
const PLAIN_SQL = '{"depth":0}';
/** What our changes tag their transactions with (`writeStatement`). */
const ORIGIN_PREFIX = 'nightshift';
/** What the trigger `nightshift_truncate` says when it has deleted what is about to be truncated: the table's oid. */
const TRUNCATE_PREFIX = 'nightshift.truncate';
const ourPrefixes: ReadonlySet<string> = new Set([ORIGIN_PREFIX, TRUNCATE_PREFIX, START_MESSAGE_PREFIX]);
/** Larger asks less often whether there is room; smaller keeps closer to the bound. */
const ROOM_EVERY = 64;

export interface LogReader {
  /** Takes a message, from `start` to before `end` of the bytes; the next one when the promise has resolved. */
  take(bytes: Buffer, start: number, end: number): Promise<void> | undefined;
  close(): void;
}

/**
 * Turns the messages of one replication connection into events. An event's id is the position of the transaction's
 * commit and its index there, so it is the same however often the log is read. The origin is that of the last tag before
 * the change. An update that changes nothing but `updatedAt` is no event, and takes no index.
 *
 * A transaction is kept until its commit and told then, because the events of a thing that it changes more than once say so.
 */
export const makeLogReader = (listener: LogListener): LogReader => {
  const store = makeTransactionStore();
  const counts = makeThingCounts();
  const tables = makeKnownTables();
  let begin: Begin | undefined;
  let end: LogPosition = 0;
  const frame = { transaction: '', index: 0, time: '', origin: PLAIN_SQL };
  /** How many changes the transaction has, and where the first one is: alone it needs no counting. */
  let changes = 0;
  let firstChange = 0;
  /** How many starts of it have been told. They have a count of their own: changes are counted as if there were none. */
  let starts = 0;
  const truncated = new Set<number>();
  const typeNames = new Map<number, string>();

  const onChange = (bytes: Buffer, start: number, messageEnd: number): void => {
    const table = tables.current(oidOf(bytes, start));
    if (table === undefined) return;
    const place = store.add(bytes, start, messageEnd);
    changes++;
    if (changes === 1) {
      firstChange = place;
      return;
    }
    if (changes === 2) {
      const first = store.at(firstChange);
      countChanges(
        tables.at(oidOf(first.bytes, first.start), firstChange)!,
        first.bytes,
        first.start,
        firstChange,
        counts,
      );
    }
    countChanges(table, bytes, start, place, counts);
  };

  const tell = (told: ToldChange): void => {
    if (told.oversize !== undefined)
      listener.onTrouble('oversize', { eventId: told.id, subject: told.subject, bytes: told.oversize });
    listener.onEvent(told.subject, told.id, told.json);
  };

  const tellNext = (bytes: Buffer, start: number, messageEnd: number, place: number): Promise<void> | undefined => {
    const tag = bytes[start];
    if (tag === tags.message) {
      const { prefix, content } = readLogicalMessage(bytes, start);
      if (prefix === ORIGIN_PREFIX) frame.origin = readOrigin(content, listener);
      else if (prefix === TRUNCATE_PREFIX) truncated.add(Number(content));
      else if (prefix === START_MESSAGE_PREFIX) tell(tellStart(content, frame, starts++));
      return;
    }
    if (tag === tags.truncate) {
      const untold = readTruncate(bytes, start).filter((oid) => !truncated.delete(oid));
      const types = untold
        .map((oid) => tables.at(oid, place)?.reader.relation.name)
        .filter((name) => name !== undefined);
      return types.length === 0 ? undefined : listener.onTruncated(types, begin!);
    }
    writeChange(
      { tables, store, counts: changes > 1 ? counts : undefined, frame, tell },
      bytes,
      start,
      messageEnd,
      place,
    );
    return;
  };

  /** Tells what the transaction holds, as fast as the listener has room. */
  const tellRest = (): Promise<void> | undefined => {
    for (let told = 1; ; told++) {
      const message = store.next();
      if (message === undefined) break;
      const wait =
        tellNext(message.bytes, message.start, message.end, message.place) ??
        (told % ROOM_EVERY === 0 ? listener.room() : undefined);
      if (wait !== undefined) return wait.then(tellRest);
    }
    listener.onCommit(end);
    forget();
    return listener.room();
  };

  const forget = (): void => {
    store.clear();
    if (changes > 1) counts.clear();
    tables.settle();
    truncated.clear();
    begin = undefined;
  };

  return {
    take: (bytes, start, messageEnd) => {
      switch (bytes[start]) {
        case tags.begin:
          begin = readBegin(bytes, start);
          frame.transaction = begin.commitPosition;
          frame.time = begin.time;
          frame.index = 0;
          frame.origin = PLAIN_SQL;
          changes = 0;
          starts = 0;
          return void listener.onBegin();
        case tags.message: {
          const { prefix, isTransactional } = readLogicalMessage(bytes, start);
          // Others may use the log as well.
          if (isTransactional && ourPrefixes.has(prefix)) store.add(bytes, start, messageEnd);
          return;
        }
        case tags.type: {
          const { oid, name } = readType(bytes, start);
          return void typeNames.set(oid, name);
        }
        case tags.relation: {
          const relation = readRelation(bytes, start, typeNames);
          if (relation.schema !== 'public') return;
          if (relation.identity !== 'full')
            listener.onTrouble('identity', { table: relation.name, replicaIdentity: relation.identity });
          if (!tables.learn(relation, store.size)) listener.onTrouble('no_id', { table: relation.name });
          return;
        }
        case tags.insert:
        case tags.update:
        case tags.delete:
          return void onChange(bytes, start, messageEnd);
        case tags.truncate:
          return void store.add(bytes, start, messageEnd);
        case tags.commit:
          end = readCommitEnd(bytes, start);
          return tellRest();
        default:
          return;
      }
    },
    close: () => store.clear(),
  };
};

const readOrigin = (text: string, listener: LogListener): string => {
  try {
    const checked = checkOrigin(JSON.parse(text));
    if (checked.ok) return JSON.stringify(checked.value);
  } catch {
    // Told below, as every origin that cannot be read.
  }
  listener.onTrouble('origin', { length: text.length });
  return PLAIN_SQL;
};
