import { createHash, randomFillSync } from 'node:crypto';

/**
 * Run ids are UUIDv7 (RFC 9562): 48 bits of milliseconds, then bits of which each kind of id has its own.
 * The time in the id decides its partition, so retention by time is dropping partitions.
 */
const format = (bytes: Buffer): string => {
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const stamp = (bytes: Buffer, timeMs: number): Buffer => {
  bytes.writeUIntBE(Math.max(0, Math.floor(timeMs)), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
};

/** Random bytes are drawn for this many ids at once: one system call instead of hundreds. */
const POOL_IDS = 256;
const pool = Buffer.alloc(POOL_IDS * 16);
let drawn = POOL_IDS;

/** A new id for a run, a list: random below its time. */
export const newId = (timeMs: number): string => {
  if (drawn === POOL_IDS) {
    randomFillSync(pool);
    drawn = 0;
  }
  const start = drawn++ * 16;
  return format(stamp(pool.subarray(start, start + 16), timeMs));
};

/**
 * The id of something that a known cause starts once: the same cause and time give the same id, so that a repeat
 * of the request meets its own row. `timeMs` must come from what is recorded of the cause, never from a clock.
 */
export const derivedId = (timeMs: number, ...cause: readonly (string | number)[]): string =>
  format(stamp(createHash('sha256').update(cause.join('\0')).digest(), timeMs));

/**
 * The id of the run of one item of a list. Items of a list are neighbours in order of their index, so that the
 * ledger's indexes grow at one end and the runs of a list are one range of ids.
 */
export const itemRunId = (listId: string, index: number): string => {
  const bytes = createHash('sha256').update(listId).digest();
  bytes.writeUInt32BE(index, 12);
  return format(stamp(bytes, idTimeMs(listId)));
};

/** The index within the id of an item's run. */
export const itemIndexOf = (runId: string): number => Number.parseInt(runId.slice(-8), 16);

/** The time within an id, in milliseconds since 1970. */
export const idTimeMs = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** An id that is before every id of a moment, and after those from before it. */
export const firstIdAt = (timeMs: number): string => {
  const time = Math.min(Math.max(0, Math.floor(timeMs)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
};

/** The smallest and the largest id of the millisecond that an id is from. */
export const idsOfMoment = (id: string): { first: string; last: string } => {
  const time = idTimeMs(id).toString(16).padStart(12, '0');
  const prefix = `${time.slice(0, 8)}-${time.slice(8)}`;
  return { first: `${prefix}-0000-0000-000000000000`, last: `${prefix}-ffff-ffff-ffffffffffff` };
};
