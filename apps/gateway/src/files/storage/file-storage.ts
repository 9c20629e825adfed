import type { Readable } from 'node:stream';

/** A part of a content: from the first byte to the last, both of it. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Keeps contents under keys that are drawn at random and never used twice, for all gateways. What goes wrong in it is
 * `file.unavailable`.
 */
export interface FileStorage {
  /** Stores a content. Resolved: it is durable, all of it. Rejected: nothing of it can be read. @throws the `Failure` that the content breaks off with */
  write(key: string, content: Readable): Promise<void>;
  /** The content, or a part of it, to be read or destroyed; undefined when there is none under that key. */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Deletes a content, and what a write that never ended has left of one. There may be none. */
  remove(key: string): Promise<void>;
  close(): void;
}
