import type { ChangeKind } from '@nightshift/contracts';
import { compileSchema, OriginSchema, START_MESSAGE_PREFIX, subjects } from '@nightshift/contracts';
import type { Pgoutput } from 'pg-logical-replication';
import { makeEventWriter, type EventFrame, type EventWriter, type Tuple } from './event-writer.ts';
import { parseLogPosition, type LogPosition } from './log-position.ts';
import { writeStart } from './write-start.ts';

/** What comes out of the log, in commit order. */
export interface LogListener {
  onBegin(): void;
  onEvent(subject: string, id: string, json: string): void;
  onCommit(end: LogPosition): void;
  /** Something that becomes no event, or not a whole one, and that somebody must know of. */
  onTrouble(trouble: 'truncate' | 'origin' | 'identity' | 'oversize', fields: object): void;
}

const checkOrigin = compileSchema(OriginSchema);
const PLAIN_SQL = '{"depth":0}';
/** What our changes tag their transactions with (`writeStatement`). */
const MESSAGE_PREFIX = 'nightshift';
/**
 * The message server takes 1 MiB with the headers. An event over this is sent with ids in place of the things: smaller would cut what
 * would have passed, larger would be refused by the server.
 */
const EVENT_MAX_BYTES = 1_000_000;
const asText = (text: string): string => text;

/**
 * Turns the messages of one replication connection into events. An event's id is the position of the transaction's
 * commit and its index there, so it is the same however often the log is read. The origin is that of the last tag before
 * the change. An update that changes nothing but `updatedAt` is no event, and takes no index.
 */
export const makeLogReader = (listener: LogListener): ((message: Pgoutput.Message) => void) => {
  const writers = new Map<number, EventWriter>();
  const decoder = new TextDecoder();
  const frame: EventFrame = { id: '', time: '', origin: PLAIN_SQL };
  let commitPosition = '';
  let index = 0;
  let starts = 0;

  const emitStart = (content: string): void => {
    const id = `${commitPosition}/s${starts++}`;
    const isTooLarge = Buffer.byteLength(content) > EVENT_MAX_BYTES;
    if (isTooLarge) listener.onTrouble('oversize', { eventId: id, subject: subjects.sqlStart, bytes: content.length });
    listener.onEvent(subjects.sqlStart, id, writeStart(isTooLarge ? undefined : content, { ...frame, id }));
  };

  const emit = (
    writer: EventWriter,
    kind: ChangeKind,
    before: Tuple | null,
    now: Tuple | null,
    changed: string[],
  ): void => {
    frame.id = `${commitPosition}/${index++}`;
    let json = writer.write(kind, before, now, changed, frame);
    // A character has at most three bytes: only long texts need to be counted.
    if (json.length * 3 > EVENT_MAX_BYTES && Buffer.byteLength(json) > EVENT_MAX_BYTES) {
      listener.onTrouble('oversize', {
        eventId: frame.id,
        subject: writer.subjects[kind],
        bytes: Buffer.byteLength(json),
      });
      json = writer.writeIdsOnly(kind, before, now, changed, frame);
    }
    listener.onEvent(writer.subjects[kind], frame.id, json);
  };

  const writerOf = (relation: Pgoutput.MessageRelation): EventWriter | undefined => writers.get(relation.relationOid);

  return (message) => {
    switch (message.tag) {
      case 'begin':
        commitPosition = message.commitLsn ?? '00000000/00000000';
        frame.time = isoTime(message.commitTime as bigint);
        frame.origin = PLAIN_SQL;
        index = 0;
        starts = 0;
        return listener.onBegin();
      case 'message':
        if (message.prefix === MESSAGE_PREFIX && message.transactional)
          frame.origin = readOrigin(decoder.decode(message.content), listener);
        if (message.prefix === START_MESSAGE_PREFIX && message.transactional)
          emitStart(decoder.decode(message.content));
        return;
      case 'relation':
        // Values stay the texts that Postgres wrote: the driver's dates would lose microseconds.
        for (const column of message.columns) column.parser = asText;
        if (message.schema === 'public') writers.set(message.relationOid, makeEventWriter(message));
        if (message.replicaIdentity !== 'full')
          listener.onTrouble('identity', { table: message.name, replicaIdentity: message.replicaIdentity });
        return;
      case 'insert': {
        const writer = writerOf(message.relation);
        if (writer !== undefined) emit(writer, 'created', null, message.new as Tuple, []);
        return;
      }
      case 'update': {
        const writer = writerOf(message.relation);
        if (writer === undefined) return;
        const now = message.new as Tuple;
        const before = (message.old ?? message.key ?? { id: now['id'] }) as Tuple;
        const changed = writer.changedFields(before, now);
        if (changed.length > 0) emit(writer, 'changed', before, now, changed);
        return;
      }
      case 'delete': {
        const writer = writerOf(message.relation);
        if (writer !== undefined) emit(writer, 'deleted', (message.old ?? message.key) as Tuple, null, []);
        return;
      }
      case 'truncate':
        return listener.onTrouble('truncate', { tables: message.relations.map((relation) => relation.name) });
      case 'origin':
      case 'type':
        return;
      case 'commit':
        return listener.onCommit(parseLogPosition(message.commitEndLsn ?? '0/0'));
    }
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

/** Microseconds since 1970 as ISO 8601 with microseconds, as every time is shown. */
const isoTime = (microseconds: bigint): string => {
  const milliseconds = Number(microseconds / 1000n);
  const rest = Number(microseconds % 1000n);
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
};
