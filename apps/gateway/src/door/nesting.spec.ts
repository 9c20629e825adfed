import { Failure } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { checkNesting, MOST_NESTED } from './nesting.ts';

const nested = (depth: number): string => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`;

it('lets through what is nested as deeply as it may be, however long', () => {
  expect(() => checkNesting(nested(MOST_NESTED))).not.toThrow();
  expect(() => checkNesting(`[${Array(5_000).fill('{"a":[]}').join(',')}]`)).not.toThrow();
});

it('refuses what is nested deeper, before it is whole', () => {
  expect(() => checkNesting(nested(MOST_NESTED + 2))).toThrow(Failure);
  expect(() => checkNesting('['.repeat(1_000_000))).toThrow(Failure);
});

it('does not take texts for nesting', () => {
  expect(() => checkNesting(JSON.stringify([`"\\${'{['.repeat(5_000)}`, '\\"', '[['.repeat(2_000)]))).not.toThrow();
});
