import { createHash, hash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream';

/** A body that is hashed while it is read, a chunk at a time. */
export interface HashedBody {
  /** To be read in place of the body. */
  readonly stream: Readable;
  /** Of what has been read. */
  digest(): string;
  /** Reads what is left, for its hash alone. */
  drain(): Promise<void>;
}

export const hashBody = (body: Readable): HashedBody => {
  const hashing = createHash('sha256');
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hashing.update(chunk);
      done(null, chunk);
    },
  });
  // What breaks one of the two breaks the other; whoever reads is told.
  pipeline(body, stream, () => {});
  let digest: string | undefined;
  return {
    stream,
    digest: () => (digest ??= hashing.digest('hex')),
    drain: async () => {
      for await (const _ of stream) void _;
    },
  };
};

/** Of everything that makes two requests the same. */
export const hashRequest = (...parts: readonly string[]): string => hash('sha256', parts.join('\0'));
