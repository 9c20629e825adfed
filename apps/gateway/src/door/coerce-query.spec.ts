import { describe, expect, it } from 'vitest';
import { coerceQuery } from './coerce-query.ts';

const schema = {
  properties: {
    count: { type: 'integer' },
    on: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'number' } },
    place: { type: 'object' },
    maybe: { type: ['number', 'null'] },
  },
};

describe('coerceQuery', () => {
  it('makes of text what the schema asks for', () => {
    const query = { count: '7', on: 'true', tags: ['1', '2.5'], place: '{"x":1}', maybe: '', name: '7' };
    expect(coerceQuery(query, schema)).toEqual({
      count: 7,
      on: true,
      tags: [1, 2.5],
      place: { x: 1 },
      maybe: null,
      name: '7',
    });
  });

  it('makes a list of one value where a list is asked for', () => {
    expect(coerceQuery({ tags: '3' }, schema)).toEqual({ tags: [3] });
  });

  it.each<Record<string, string>>([{ count: 'many' }, { count: '0x10' }, { count: '' }, { on: 'yes' }, { place: '{' }])(
    'leaves %o for the check to refuse',
    (query) => {
      expect(coerceQuery(query, schema)).toEqual(query);
    },
  );

  it('takes no property from the prototype', () => {
    expect(coerceQuery({ constructor: 'x' }, { properties: {} })).toEqual({ constructor: 'x' });
  });
});
