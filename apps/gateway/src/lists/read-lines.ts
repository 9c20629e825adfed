import { Failure } from '@nightshift/contracts';
import type { Readable } from 'node:stream';

/** A line of NDJSON as a value, with its number, from 1. */
export interface Line {
  number: number;
  value: unknown;
}

/** A longer line is no item, but a file without line ends. */
const LINE_MAX_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

const tooLong = (number: number): Failure =>
  new Failure('request.too_large', { detail: `Line ${number} is longer than ${LINE_MAX_BYTES} bytes` });

const parse = (bytes: Buffer, number: number): Line | undefined => {
  const text = bytes.toString('utf8').trim();
  if (text === '') return undefined;
  try {
    return { number, value: JSON.parse(text) };
  } catch (cause) {
    throw new Failure('request.malformed', {
      detail: `Line ${number} is not JSON: ${(cause as Error).message}`,
      cause,
    });
  }
};

/**
 * NDJSON, line by line as it arrives; empty lines are passed over. At any moment it holds one chunk and one unfinished line.
 * @throws Failure `request.malformed`, `request.too_large`, both naming the line; or that the stream broke off
 */
export async function* readLines(stream: Readable): AsyncGenerator<Line> {
  let rest: Buffer | undefined;
  let number = 0;
  // Left open when a line is refused: the answer goes out on the socket that this stream comes in on.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const line = parse(rest === undefined ? piece : Buffer.concat([rest, piece]), ++number);
      rest = undefined;
      start = end + 1;
      if (line !== undefined) yield line;
    }
    const tail = chunk.subarray(start);
    if (tail.length > 0) rest = rest === undefined ? Buffer.from(tail) : Buffer.concat([rest, tail]);
    if (rest !== undefined && rest.length > LINE_MAX_BYTES) throw tooLong(number + 1);
  }
  const last = rest === undefined ? undefined : parse(rest, number + 1);
  if (last !== undefined) yield last;
}
