/** Written together: fewer pieces cost less, more would wait for a slow source. */
const PIECE_CHARACTERS = 64 * 1024;

/** What is made by a function can be made, and sent, again. */
export const ndjsonOf = (
  items: AsyncIterable<unknown> | (() => AsyncIterable<unknown>),
): ReadableStream<Uint8Array> | (() => ReadableStream<Uint8Array>) =>
  typeof items === 'function' ? () => toNdjson(items()) : toNdjson(items);

/** Items as lines of JSON, made as fast as they are sent. */
export const toNdjson = (items: AsyncIterable<unknown>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  const iterator = items[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      let piece = '';
      while (piece.length < PIECE_CHARACTERS) {
        const { done, value } = await iterator.next();
        if (done === true) {
          if (piece !== '') controller.enqueue(encoder.encode(piece));
          return controller.close();
        }
        piece += `${JSON.stringify(value)}\n`;
      }
      controller.enqueue(encoder.encode(piece));
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
};
