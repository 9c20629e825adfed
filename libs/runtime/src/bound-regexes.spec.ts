import { expect, it } from 'vitest';
import { boundRegexes } from './bound-regexes.ts';

it('ends a match that would backtrack for years', () => {
  boundRegexes();
  expect(/^(a+)+$/.test(`${'a'.repeat(60)}!`)).toBe(false);
});
