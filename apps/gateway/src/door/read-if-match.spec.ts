import { Failure } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { readIfMatch } from './read-if-match.ts';

it.each([
  [undefined, undefined],
  ['*', undefined],
  ['"123"', ['123']],
  ['"1", "2"', ['1', '2']],
  ['W/"1"', []],
])('%s is %o', (header, versions) => {
  expect(readIfMatch(header)).toEqual(versions);
});

it.each(['123', '"1', '"1" "2"', ','])('%j is refused', (header) => {
  expect(() => readIfMatch(header)).toThrow(Failure);
});
