import { describe, expect, it } from 'vitest';
import { parseDocument } from './parse-document.ts';

describe('a text', () => {
  it.each<[string, 'yaml' | 'json', unknown]>([
    ['a: { b: =c.d }', 'yaml', { a: { b: '=c.d' } }],
    ['', 'yaml', null],
    ['on: yes', 'yaml', { on: 'yes' }],
    ['at: 2026-01-01', 'yaml', { at: '2026-01-01' }],
    ['x: &a [1]\ny: *a', 'yaml', { x: [1], y: [1] }],
    ['{"a": 1}', 'json', { a: 1 }],
  ])('%j as %s is read', (text, format, value) => {
    expect(parseDocument(text, format)).toEqual({ ok: true, value });
  });

  it.each<[string, 'yaml' | 'json', RegExp]>([
    ['a: 1\na: 2', 'yaml', /^line 2, column 1: Map keys must be unique/],
    ['a: [1', 'yaml', /^line 1, column \d+: /],
    ['a: b: c', 'yaml', /^line 1, column 4: Nested mappings/],
    ['a: !thing 1', 'yaml', /^line 1, column 4: Unresolved tag/],
    ['a: 1\n---\nb: 2', 'yaml', /^line 2, column 1: .*multiple documents/],
    ['a: *none', 'yaml', /alias/i],
    [
      `a: &a [x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d]`,
      'yaml',
      /alias/i,
    ],
    ['{"a": }', 'json', /JSON/],
    ['['.repeat(20_000), 'json', /JSON/],
  ])('%j as %s is refused with its place', (text, format, detail) => {
    const parsed = parseDocument(text, format);
    expect(parsed).toMatchObject({
      ok: false,
      violations: [{ pointer: '', detail: expect.stringMatching(detail) as string }],
    });
  });
});

it('names a few mistakes of what is no YAML at all', () => {
  const parsed = parseDocument('['.repeat(20_000), 'yaml');
  expect(!parsed.ok && parsed.violations.length).toBeLessThanOrEqual(10);
});
