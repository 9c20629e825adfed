import { expect, it } from 'vitest';
import { makeFrames } from './frames.ts';

const message = (letter: string, body: string): Buffer => {
  const bytes = Buffer.from(`${letter}0000${body}`);
  bytes.writeUInt32BE(4 + body.length, 1);
  return bytes;
};
const messages = ['', 'a', 'bc', 'x'.repeat(300), '', 'y'.repeat(20), 'end'];
const stream = Buffer.concat(messages.map((body) => message('d', body)));

it.each([1, 2, 3, 4, 5, 6, 7, 11, 64, 305, 1_000])('finds every message in chunks of %d bytes', (size) => {
  const frames = makeFrames();
  const found: string[] = [];
  const read = (): void => {
    while (frames.next()) found.push(frames.bytes.toString('utf8', frames.start, frames.end));
  };
  for (let at = 0; at < stream.length; at += size) {
    frames.push(stream.subarray(at, at + size));
    // Sometimes several chunks wait before anybody reads.
    if (at % 3 !== 0) read();
  }
  read();
  expect(found).toEqual(messages);
});
