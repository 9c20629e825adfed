import { describe, expect, it } from 'vitest';
import { plainArray, textArray } from './array-literal.ts';

describe('array literals', () => {
  it('quote text so that nothing in it is syntax', () => {
    expect(textArray(['a', 'b,c', '{}', 'say "x"', 'back\\slash', '', 'NULL', null])).toBe(
      '{"a","b,c","{}","say \\"x\\"","back\\\\slash","","NULL",NULL}',
    );
  });

  it('write plain values as they are', () => {
    expect(plainArray([1, true, 'ab-cd', null])).toBe('{1,true,ab-cd,NULL}');
    expect(plainArray([])).toBe('{}');
  });
});
