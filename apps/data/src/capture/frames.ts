/**
 * Cuts what comes from a Postgres connection into messages of its protocol, without copying those that arrive whole.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export interface Frames {
  /** Where the message that `next` found is: its type, and its body from `start` to before `end`. */
  readonly bytes: Buffer;
  readonly type: number;
  readonly start: number;
  readonly end: number;
  push(chunk: Buffer): void;
  /** Goes to the next message; false until all of it has come. */
  next(): boolean;
}

const NOTHING: Buffer = Buffer.alloc(0);
/** The type, and the length that counts itself. */
const HEADER_BYTES = 5;

export const makeFrames = (): Frames => {
  let current: Buffer = NOTHING;
  let offset = 0;
  const queued: Buffer[] = [];
  /** A message that came in parts, as far as it is there. */
  let parts: { bytes: Buffer; filled: number } | undefined;
  const frames = { bytes: NOTHING, type: 0, start: 0, end: 0, push, next };

  const found = (bytes: Buffer, at: number, total: number): true => {
    frames.bytes = bytes;
    frames.type = bytes[at]!;
    frames.start = at + HEADER_BYTES;
    frames.end = at + total;
    return true;
  };

  function push(chunk: Buffer): void {
    if (offset === current.length && queued.length === 0) {
      current = chunk;
      offset = 0;
    } else queued.push(chunk);
  }

  /** Makes the next chunk the current one; false when there is none. */
  const advance = (): boolean => {
    const next = queued.shift();
    if (next === undefined) return false;
    current = offset === current.length ? next : Buffer.concat([current.subarray(offset), next]);
    offset = 0;
    return true;
  };

  function next(): boolean {
    for (;;) {
      if (parts !== undefined) {
        const copied = current.copy(parts.bytes, parts.filled, offset);
        offset += copied;
        parts.filled += copied;
        if (parts.filled < parts.bytes.length) {
          if (!advance()) return false;
          continue;
        }
        const { bytes } = parts;
        parts = undefined;
        return found(bytes, 0, bytes.length);
      }
      const have = current.length - offset;
      if (have < HEADER_BYTES) {
        if (!advance()) return false;
        continue;
      }
      const total = current.readUInt32BE(offset + 1) + 1;
      if (have < total) {
        parts = { bytes: Buffer.allocUnsafe(total), filled: 0 };
        continue;
      }
      const at = offset;
      offset += total;
      return found(current, at, total);
    }
  }

  return frames;
};
