import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { compileSchema, compileUserSchema } from './validation.ts';

const matches = (pattern: string, text: string): boolean => compileUserSchema({ type: 'string', pattern })(text).ok;

it.each(['^(a+)+$', '^(\\w+\\s?)*$', '^(a{1,20}){1,20}$', '^(\\p{L}+)+$', '^(a|aa)+$'])(
  'a pattern that goes back and forth ends: %s',
  (pattern) => {
    expect(matches(pattern, `${'a'.repeat(50_000)}!`)).toBe(false);
  },
);

it('patterns mean what they mean elsewhere', () => {
  expect(matches('^[\\p{L}\\d_-]{2,5}$', 'gr\u00fcn')).toBe(true);
  expect(matches('^(?<year>\\d{4})-\\d\\d$', '2026-11')).toBe(true);
  expect(matches('^.$', '\u{1f600}')).toBe(true);
  expect(matches('b', 'abc')).toBe(true);
});

it.each(['^(?=a)b', '(a)\\1', '(?<!a)b'])('refuses a pattern that needs another engine: %s', (pattern) => {
  expect(() => compileUserSchema({ type: 'string', pattern })).toThrow();
});

it('names a hundred mistakes and no more', () => {
  const check = compileSchema(Type.Object({}, { additionalProperties: false }));
  const result = check(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 1])));
  expect(result.ok ? 0 : result.violations.length).toBe(100);
});

it('the schema of a user may have an id: patterns hold for that as well', () => {
  const check = compileUserSchema({
    $id: 'https://example.com/greeting',
    $ref: '#/$defs/a',
    $defs: { a: { type: 'integer' } },
  });
  expect([check(1).ok, check('one').ok]).toEqual([true, false]);
});
