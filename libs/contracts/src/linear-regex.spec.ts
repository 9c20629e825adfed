import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLinearPattern } from './linear-pattern.ts';
import { makeLinearRegex } from './linear-regex.ts';

const first = (regex: RegExp, text: string) => {
  const found = makeLinearRegex(regex.source, regex.flags).find(text);
  return found && [found.index, ...found];
};

it.each([
  /^(a+)+$/,
  /^(a+)+$/i,
  /^(a{1,20}){1,20}$/,
  /^(\w+\s?)*$/,
  /^(a|aa)+$/m,
  /(a*)*b/,
  /^(?:a?){500}a{500}$/,
  /(x+x+)+y|a+a+a+a+b/,
])('ends a search that would go back and forth: %s', (regex) => {
  expect(first(regex, `${'a'.repeat(5_000)}!`)).toBeNull();
});

describe('what is written alike means what it means in JavaScript', () => {
  it.each([
    [/\s+/, 'a\u00a0\ufeff\u2003\vb'],
    [/[\S]+/, '\u00a0ab'],
    [/[^\s\d]+/, '1\u2003ab'],
    [/.+/, 'ab\u2028c'],
    [/[^]+/, 'a\nb'],
    [/[]|b/, 'ab'],
    [/\z\A\Q\a\pL/, 'zAQapL'],
    [/[[:alpha:]]+/, 'xa]:'],
    [/a{,2}/, 'a{,2}'],
    [/\cJ\x41\u0042\0/, '\nAB\0'],
    [/[\b]/, 'a\b'],
    [/(?<year>\d{4})-(\d\d)?/, 'in 2026-'],
    [/(?i:b)c/, 'Bc BC'],
    [/(?s:.)./, '\n\nb'],
    [/a$/, 'a\n'],
    [/^b$/m, 'a\nb\nc'],
    [/\bé\B/, 'é'],
    [/\//, 'a/b'],
    [/\p{L}+/u, '1grün'],
    [/[\u{1f600}-\u{1f64f}]/u, 'a\u{1f601}'],
  ])('%s', (regex, text) => {
    const found = regex.exec(text);
    expect(first(regex, text)).toEqual(found && [found.index, ...found]);
  });

  it('for random patterns and texts', () => {
    fc.assert(
      fc.property(anyPattern, anyText, fc.constantFrom('', 'i', 'm', 'im'), ({ source }, text, flags) => {
        const found = new RegExp(source, flags).exec(text);
        expect(first(new RegExp(source, flags), text)).toEqual(found && [found.index, ...found]);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('begins where it is told to, and sees what stands before', () => {
  const found = makeLinearRegex('\\bb|b$').find('ab b', 1);
  expect(found?.index).toBe(3);
  expect(makeLinearRegex('^b').find('ab', 1)).toBeNull();
});

it('takes a pair of surrogates for the one character that it is', () => {
  expect(first(/^.$/, '\u{1f600}')).toEqual([0, '\u{1f600}']);
  expect(first(/a[😀]+/, 'a😀😀')).toEqual([0, 'a😀😀']);
});

it.each([
  [/x(?=a)/, 'no lookaround: (?=a)'],
  [/(?<!a)b/, 'no lookaround: (?<!a)'],
  [/(a)\1/, 'no back-reference: \\1'],
  [/(?<n>a)\k<n>/, 'no back-reference: \\k<n>'],
  [/(a{1,40}){1,40}/, 'at most 1,000 repetitions'],
  [/a{1001}/, 'at most 1,000 repetitions'],
  [new RegExp('(?:ab?){1000}'.repeat(6)), 'at most 5,000 steps'],
  [/\p{ID_Start}/u, 'only properties that the engine has'],
])('refuses %s, and says why', (regex, reason) => {
  expect(() => toLinearPattern(regex.source, regex.flags)).toThrow(reason);
});

/** A pattern, and whether it matches nothing at all. */
interface Piece {
  source: string;
  isNullable: boolean;
}

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '1', ' ', '\n', '-', 'é'), maxLength: 12 });

const { anyPattern } = fc.letrec<{ anyPattern: Piece; joined: Piece; repeated: Piece; atom: Piece }>((tie) => ({
  anyPattern: fc.oneof(
    { maxDepth: 4 },
    tie('atom'),
    tie('joined'),
    tie('repeated'),
    tie('anyPattern').map(({ source, isNullable }) => ({ source: `(${source})`, isNullable })),
    fc.tuple(tie('anyPattern'), tie('anyPattern')).map(([a, b]) => ({
      source: `(?:${a.source}|${b.source})`,
      isNullable: a.isNullable || b.isNullable,
    })),
  ),
  joined: fc
    .tuple(tie('anyPattern'), tie('anyPattern'))
    .map(([a, b]) => ({ source: a.source + b.source, isNullable: a.isNullable && b.isNullable })),
  // What a repetition of nothing matches, and what a group within one keeps, differs as it is documented.
  repeated: fc
    .tuple(
      tie('anyPattern'),
      fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '{2,}', '{0}'),
      fc.constantFrom('', '?'),
    )
    .map(([{ source, isNullable }, count, lazy]) => {
      const body = source.replace(/\((?!\?)/g, '(?:');
      if (isNullable) return { source: body, isNullable };
      return { source: `(?:${body})${count}${lazy}`, isNullable: /^(\*|\?|\{0)/.test(count) };
    }),
  atom: fc.constantFrom(
    ...['a', 'b', 'c', '1', '\\d', '\\w', '\\s', '\\S', '\\W', '.', '[ab]', '[^a]', '[b-d\\s]', '[^\\w]', 'é'].map(
      (source) => ({ source, isNullable: false }),
    ),
    ...['^', '$', '\\b', '\\B'].map((source) => ({ source, isNullable: true })),
  ),
}));
