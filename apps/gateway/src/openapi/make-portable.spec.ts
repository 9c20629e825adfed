import { describe, expect, it } from 'vitest';
import { makePortable } from './make-portable.ts';

const root = '#/components/schemas/wf.x.parameters';
const portable = (schema: object | boolean): unknown => makePortable(schema, 'wf.x.parameters');

describe('a schema as a part of a larger document', () => {
  it.each([
    ['by pointer', { $ref: '#/$defs/a' }, `${root}/$defs/a`],
    ['to itself', { $ref: '#' }, root],
    ['by anchor', { $ref: '#here' }, `${root}/$defs/a`],
    ['by the id of the whole', { $ref: 'https://example.com/s#/$defs/a' }, `${root}/$defs/a`],
    ['by the id of a part', { $ref: 'part' }, `${root}/$defs/b`],
    ['into a part', { $ref: 'part#/properties/c' }, `${root}/$defs/b/properties/c`],
    ['dynamically', { $dynamicRef: '#here' }, `${root}/$defs/a`],
  ])('is referred to %s', (_, reference, place) => {
    const schema = {
      $id: 'https://example.com/s',
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { p: reference },
      $defs: { a: { $anchor: 'here', type: 'string' }, b: { $id: 'part', properties: { c: { type: 'null' } } } },
    };
    expect(portable(schema)).toEqual({
      properties: { p: { $ref: place } },
      $defs: { a: { type: 'string' }, b: { properties: { c: { type: 'null' } } } },
    });
  });

  it('keeps references of a part to itself within the part', () => {
    const schema = { $defs: { b: { $id: 'part', items: { $ref: '#/$defs/c' }, $defs: { c: {} } } } };
    expect(portable(schema)).toMatchObject({ $defs: { b: { items: { $ref: `${root}/$defs/b/$defs/c` } } } });
  });

  it('leaves nothing beside a reference, which many would not see', () => {
    const schema = { $ref: '#/$defs/a', minProperties: 1, allOf: [true], $defs: { a: {} } };
    const rest = { minProperties: 1, $defs: { a: {} } };
    expect(portable(schema)).toEqual({ allOf: [{ $ref: `${root}/$defs/a` }, true], ...rest });
  });

  it.each([{ $ref: 'https://example.com/elsewhere' }, { $ref: 'http://[' }, { $ref: '#nowhere' }, { $ref: 7 }])(
    'says of %j that it is not there',
    (schema) => {
      expect(portable(schema)).toEqual({ description: expect.stringContaining(String(schema.$ref)) });
    },
  );

  it('takes data for data, and properties for properties', () => {
    const schema = {
      properties: { $ref: { type: 'string' }, $id: { const: { $ref: '#/x', $id: 'y' } } },
      default: { $ref: '#/x' },
      enum: [{ $id: 'z' }],
    };
    expect(portable(schema)).toEqual(schema);
    expect(portable(true)).toBe(true);
  });

  it('writes names with any character so that they are found', () => {
    const schema = { properties: { 'a/b ~%': { $id: 'odd' } }, items: { $ref: 'odd' } };
    expect(portable(schema)).toMatchObject({ items: { $ref: `${root}/properties/a~1b%20~0%25` } });
  });
});
