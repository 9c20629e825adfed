import { Failure } from '@nightshift/contracts';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** A content that is counted and hashed while it is read, a chunk at a time. */
export interface Measured {
  /** Fails with `file.too_large` at the first byte too many, and with `file.incomplete` where the sender broke off. */
  readonly content: Readable;
  /** Of what has been read. To be called once. */
  result(): { size: number; sha256: string };
}

export const measured = (body: AsyncIterable<Uint8Array>, maxBytes: number): Measured => {
  const hashing = createHash('sha256');
  let size = 0;
  const read = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge(maxBytes);
        hashing.update(chunk);
        yield chunk;
      }
    } catch (error) {
      throw error instanceof Failure ? error : new Failure('file.incomplete', { cause: error });
    }
  };
  return {
    content: Readable.from(read(), { objectMode: false }),
    result: () => ({ size, sha256: hashing.digest('hex') }),
  };
};

export const tooLarge = (maxBytes: number): Failure =>
  new Failure('file.too_large', { detail: `A file may have ${maxBytes} bytes here.` });
