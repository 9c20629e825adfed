import { Failure } from '@nightshift/contracts';
import type { Readable } from 'node:stream';

/** An upload that brings nothing for so long, while it is being waited for, is over. */
const STALL_MS = 30_000;

/**
 * An upload as it arrives. What is slow here holds the sender up, and does not count as its silence.
 * @throws Failure `import.broken` when it ends before its end
 */
export async function* readPieces(stream: Readable): AsyncGenerator<Buffer> {
  // Left open: the answer goes out on the socket that this stream comes in on.
  const pieces = stream.iterator({ destroyOnReturn: false });
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const silence = setTimeout(
      () => stream.destroy(new Error(`nothing arrived for ${STALL_MS / 1000} seconds`)),
      STALL_MS,
    );
    try {
      return (await pieces.next()) as IteratorResult<Buffer>;
    } catch (cause) {
      throw new Failure('import.broken', {
        detail: 'Send it again with the same Idempotency-Key, and it goes on where it was.',
        cause,
      });
    } finally {
      clearTimeout(silence);
    }
  };
  for (let piece = await next(); piece.done !== true; piece = await next()) yield piece.value;
}
