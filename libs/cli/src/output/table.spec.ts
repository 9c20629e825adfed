import { describe, expect, it } from 'vitest';
import { formatTable, oneLine, type Column } from './table.ts';

interface Row {
  name: string;
  count?: number;
}
const columns: Column<Row>[] = [
  { title: 'name', of: ({ name }) => name },
  { title: 'count', of: ({ count }) => count, isRight: true },
];

describe('a table', () => {
  it('has columns as wide as their widest cell, and numbers on the right', () => {
    expect(
      formatTable(columns, [
        { name: 'a', count: 5 },
        { name: 'longer', count: 1234567 },
      ]),
    ).toEqual(['NAME      COUNT', 'a             5', 'longer  1234567']);
  });

  it('leaves out what is not there, and ends lines where their text does', () => {
    expect(formatTable(columns, [{ name: 'a' }])).toEqual(['NAME  COUNT', 'a']);
    expect(formatTable(columns, [])).toEqual(['NAME  COUNT']);
  });

  it('is cut to the width of a terminal', () => {
    const lines = formatTable(columns, [{ name: 'x'.repeat(50), count: 1 }], 20);
    expect(lines.every((line) => line.length <= 20)).toBe(true);
    expect(lines[1]).toBe(`${'x'.repeat(19)}…`);
  });

  it('lets no text draw on the terminal', () => {
    expect(oneLine('a\u001b[31mred\u001b[0m\nb\u0007\u009bc')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(oneLine('two\nlines')).toBe('two lines');
  });
});
