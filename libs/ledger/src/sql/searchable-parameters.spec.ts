import { describe, expect, it } from 'vitest';
import { searchableParameters } from './searchable-parameters.ts';

describe('searchableParameters', () => {
  it('leaves what jsonb can hold as it is', () => {
    const parameters = { name: 'Ada \u{1F600}', path: 'C:\\u0000', list: [1, { deep: null }] };
    expect(JSON.parse(searchableParameters(parameters))).toEqual(parameters);
  });

  it('replaces what jsonb refuses, in names and values, however deep', () => {
    const parameters = { 'a\0': ['\0b', { c: 'half \ud83d of a pair' }] };
    expect(JSON.parse(searchableParameters(parameters))).toEqual({
      'a\ufffd': ['\ufffdb', { c: 'half \ufffd of a pair' }],
    });
  });
});
