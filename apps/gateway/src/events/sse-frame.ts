/** One event as bytes of a chunked answer: the chunk's length, what it holds, and its end. */
export interface SseFrame {
  readonly chunk: Buffer;
  /** Where what it holds begins: without chunks that alone is sent. */
  readonly start: number;
}

/** Frames of one event that were made already, for the next client that gets the same bytes. */
export interface FrameCache {
  frames?: { readonly id: string | undefined; readonly text: string; readonly frame: SseFrame }[];
}

const CHUNK_END = '\r\n';

/** Text of an event stream as one chunk. */
export const frameOf = (payload: string): SseFrame => {
  const head = `${Buffer.byteLength(payload).toString(16)}\r\n`;
  return { chunk: Buffer.from(head + payload + CHUNK_END), start: head.length };
};

/** What a frame holds, without the chunk around it. */
export const payloadOf = ({ chunk, start }: SseFrame): Buffer => chunk.subarray(start, chunk.length - CHUNK_END.length);

/** An event as a frame. Given a cache, all clients that get the same bytes share them. */
export const eventFrame = (type: string, text: string, id: string | undefined, cache?: FrameCache): SseFrame => {
  const made = cache?.frames?.find((one) => one.id === id && one.text === text);
  if (made !== undefined) return made.frame;
  const frame = frameOf(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${text}\n\n`);
  if (cache !== undefined) (cache.frames ??= []).push({ id, text, frame });
  return frame;
};

/** A place without an event, which also shows that the connection lives. */
export const markFrame = (id: string): SseFrame => frameOf(`:\nid: ${id}\n\n`);
