import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A message, only lent until the next one is read. */
export interface Stored {
  bytes: Buffer;
  start: number;
  end: number;
}

/**
 * The messages of one transaction until its commit: in memory, and from a bound on in a temporary file without a name, which is gone with
 * the process. A transaction may be larger than memory.
 */
export interface TransactionStore {
  /** The place of the message that is added next. */
  readonly size: number;
  /** Copies the message. @returns its place */
  add(bytes: Buffer, start: number, end: number): number;
  /** The messages one after the other, with their places; undefined after the last. */
  next(): (Stored & { place: number }) | undefined;
  /** The message at a place. */
  at(place: number): Stored;
  /** Forgets everything. */
  clear(): void;
}

/** Larger holds more of the memory for a single transaction, smaller writes more of them to disk. */
export const MEMORY_BYTES = 32 * 1024 * 1024;
/** Also what is kept between transactions. */
const SEGMENT_BYTES = 256 * 1024;
/** Read ahead from the file. */
const BLOCK_BYTES = 1024 * 1024;
const LENGTH_BYTES = 4;

export const makeTransactionStore = (memoryBytes = MEMORY_BYTES): TransactionStore => {
  const first = Buffer.allocUnsafeSlow(SEGMENT_BYTES);
  /** What is not in the file: pieces that follow each other, and where each begins. */
  let segments: { bytes: Buffer; place: number; used: number }[] = [{ bytes: first, place: 0, used: 0 }];
  let total = 0;
  let file: number | undefined;
  let inFile = 0;
  let reading = 0;
  let readingSegment = 0;
  let block: { bytes: Buffer; place: number } = { bytes: Buffer.alloc(0), place: 0 };

  const spill = (): void => {
    if (file === undefined) {
      const path = join(tmpdir(), `nightshift-transaction-${process.pid}-${Date.now()}`);
      file = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    }
    for (const { bytes, place, used } of segments) writeWhole(file, bytes.subarray(0, used), place);
    inFile = total;
    segments = [{ bytes: first, place: total, used: 0 }];
  };

  const fromFile = (place: number, length: number): Stored => {
    const isInBlock = place >= block.place && place + length <= block.place + block.bytes.length;
    if (!isInBlock) block = { bytes: readPart(file!, place, Math.max(length, BLOCK_BYTES)), place };
    const start = place - block.place;
    return { bytes: block.bytes, start, end: start + length };
  };

  const segmentOf = (place: number): { bytes: Buffer; place: number } => {
    let [low, high] = [0, segments.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle]!.place <= place) low = middle;
      else high = middle - 1;
    }
    return segments[low]!;
  };

  return {
    get size() {
      return total;
    },
    add: (bytes, start, end) => {
      const length = end - start;
      const needed = LENGTH_BYTES + length;
      let last = segments[segments.length - 1]!;
      if (last.used + needed > last.bytes.length) {
        if (total - inFile + needed > memoryBytes) {
          spill();
          last = segments[0]!;
        }
        if (last.used + needed > last.bytes.length) {
          last = { bytes: Buffer.allocUnsafeSlow(Math.max(SEGMENT_BYTES, needed)), place: total, used: 0 };
          segments.push(last);
        }
      }
      last.bytes.writeUInt32BE(length, last.used);
      bytes.copy(last.bytes, last.used + LENGTH_BYTES, start, end);
      last.used += needed;
      const place = total;
      total += needed;
      return place;
    },
    next: () => {
      if (reading >= total) return undefined;
      const place = reading;
      if (place < inFile) {
        const head = fromFile(place, LENGTH_BYTES);
        const length = head.bytes.readUInt32BE(head.start);
        reading += LENGTH_BYTES + length;
        return { ...fromFile(place + LENGTH_BYTES, length), place };
      }
      let segment = segments[readingSegment]!;
      if (place >= segment.place + segment.used) segment = segments[++readingSegment]!;
      const start = place - segment.place + LENGTH_BYTES;
      const end = start + segment.bytes.readUInt32BE(start - LENGTH_BYTES);
      reading = segment.place + end;
      return { bytes: segment.bytes, start, end, place };
    },
    at: (place) => {
      if (place < inFile) {
        // Not through the block: what reads on must not lose its own.
        const length = readPart(file!, place, LENGTH_BYTES).readUInt32BE(0);
        return { bytes: readPart(file!, place + LENGTH_BYTES, length), start: 0, end: length };
      }
      const segment = segmentOf(place);
      const start = place - segment.place + LENGTH_BYTES;
      return { bytes: segment.bytes, start, end: start + segment.bytes.readUInt32BE(start - LENGTH_BYTES) };
    },
    clear: () => {
      if (file !== undefined) {
        closeSync(file);
        file = undefined;
        block = { bytes: Buffer.alloc(0), place: 0 };
      }
      if (segments.length > 1) segments = [{ bytes: first, place: 0, used: 0 }];
      const only = segments[0]!;
      only.bytes = first;
      only.place = 0;
      only.used = 0;
      total = inFile = reading = readingSegment = 0;
    },
  };
};

const writeWhole = (file: number, bytes: Buffer, place: number): void => {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, place + written);
};

const readPart = (file: number, place: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(file, bytes, filled, length - filled, place + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
};
