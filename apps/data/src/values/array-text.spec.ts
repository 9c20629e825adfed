import { expect, it } from 'vitest';
import { readArray, writeArray } from './array-text.ts';

const read = (text: string): unknown => readArray(text, (item) => item);

it.each([
  ['{}', []],
  ['{a,NULL,"NULL"}', ['a', null, 'NULL']],
  ['{"a \\"b\\" \\\\",""}', ['a "b" \\', '']],
  [
    '{{1,2},{3,NULL}}',
    [
      ['1', '2'],
      ['3', null],
    ],
  ],
  ['[0:1]={a,b}', ['a', 'b']],
  ['[0:0][2:3]={{"{",","}}', [['{', ',']]],
])('%s is read', (text, items) => {
  expect(read(text)).toEqual(items);
});

it.each(['', '{', '{a', '{"a', '{"a"b}', '{a,}', '{a}b', 'a', '[0:1]', '(1,2)', '{(1,1),(0,0);(3,3),(2,2)'])(
  '%s is no array',
  (text) => {
    expect(read(text)).toBeUndefined();
  },
);

it('reads what it has written', () => {
  const items = ['', null, 'NULL', 'a,b', '{}', '"', '\\', '\n', 'ü😀'];
  expect(read(writeArray(items))).toEqual(items);
});
