import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readLines } from './read-lines.ts';

const read = async (...pieces: (string | Buffer)[]): Promise<unknown[]> => {
  const values: unknown[] = [];
  for await (const { number, value } of readLines(Readable.from(pieces.map((piece) => Buffer.from(piece)))))
    values.push([number, value]);
  return values;
};

describe('readLines', () => {
  it('numbers the lines, the empty ones too', async () => {
    expect(await read('1\n\n{"a":2}\r\n   \n"x"')).toEqual([
      [1, 1],
      [3, { a: 2 }],
      [5, 'x'],
    ]);
  });

  it('puts together what arrives in pieces, also within a character', async () => {
    const text = Buffer.from('"wörld"\n"ünd"\n');
    const pieces = [...text].map((byte) => Buffer.from([byte]));
    expect(await read(...pieces)).toEqual([
      [1, 'wörld'],
      [2, 'ünd'],
    ]);
  });

  it('names the line that is not JSON', async () => {
    await expect(read('1\n2\n{"a":\n4\n')).rejects.toMatchObject({
      code: 'request.malformed',
      message: expect.stringContaining('Line 3'),
    });
  });

  it('names the line that has no end', async () => {
    const piece = 'x'.repeat(600_000);
    await expect(read('1\n', piece, piece)).rejects.toMatchObject({
      code: 'request.too_large',
      message: expect.stringContaining('Line 2'),
    });
  });
});
