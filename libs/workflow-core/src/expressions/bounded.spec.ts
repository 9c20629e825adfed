import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileExpression } from './compile-expression.ts';
import type { Scope } from './scope.ts';

const env = { now: new Date('2026-11-20T10:00:00.000Z'), random: () => 0, uuid: () => '' };

/** The value, or why there is none: at the compilation or later. */
const outcome = async (source: string, scope: Scope = {}): Promise<unknown> => {
  const compiled = compileExpression(source);
  if ('problem' in compiled) return { refused: compiled.problem.detail };
  try {
    return await compiled.evaluate(scope, env);
  } catch (error) {
    return { failed: (error as Error).message };
  }
};

const as = `${'a'.repeat(2_000)}!`;

describe('what would hold up a process', () => {
  it.each([
    ['$contains(text, /^(a+)+$/)', false],
    ['$contains(text, /^(a+)+$/i)', false],
    ['$contains(text, /^(a{1,20}){1,20}$/)', false],
    ['$match(text, /^(a|aa)+$/m)', undefined],
    ['$length($replace(text, /(a*)*b/i, ""))', 2_001],
    ['$count($split(text, /(a+a+)+b/))', 1],
    ['$eval("$contains(text, /^(a+)+$/i)")', false],
    ['$count($filter([text, text], function($t) { $contains($t, /^(\\w+\\s?)*$/i) }))', 0],
  ])('has a value: %s', async (source, value) => {
    expect(await outcome(source, { text: as })).toEqual(value);
  });

  it.each([
    ['$match(a, /(?=x)y/)', 'no lookaround: (?=x) (at character 18'],
    ['$replace(a, /(?<!b)c/, "d")', 'no lookaround: (?<!b)'],
    ['$contains(a, /(x)\\1/)', 'no back-reference: \\1'],
    ['a[$contains(/(?<n>x)\\k<n>/)]', 'no back-reference: \\k<n>'],
    ['$contains(a, /(a{1,40}){1,40}/)', 'at most 1,000 repetitions'],
    ['function($a, $b) <s+s+:b> { true }', "A function's signature"],
    [`function($a) <${'s?'.repeat(9)}:b> { true }`, "A function's signature"],
  ])('is refused before anything runs: %s', async (source, reason) => {
    expect(await outcome(source)).toEqual({ refused: expect.stringContaining(reason) as string });
  });

  it.each([
    ['$eval("$contains(\\"ab\\", /(?=a)b/)")', {}, 'no lookaround'],
    ['$eval("(function($a)<s+s+s+:b>{true})(1)")', {}, "A function's signature"],
    [
      '$toMillis(text, "[Y][M][D][d][H][h][m][s][f]!")',
      { text: `${'1'.repeat(60)}?` },
      'too many parts that nothing separates',
    ],
    ['$contains(text, /(?:a?){900}b/)', { text: 'a'.repeat(20_000) }, 'is too long for the regular expression'],
  ])('fails: %s', async (source, scope, reason) => {
    expect(await outcome(source, scope)).toEqual({ failed: expect.stringContaining(reason) as string });
  });

  it('is many matches with a long way to each: the time limit holds among them', async () => {
    // Every match looks through the rest of the text first.
    expect(await outcome('$count($match(text, /x.*z|x/))', { text: 'x'.repeat(99_000) })).toEqual({
      failed: expect.stringContaining('Evaluation timeout after 2000') as string,
    });
  }, 30_000);
});

it.each([
  ['$match(a, /(?:x|y)+[(?=)]/)'],
  ['$contains(a, /\\\\1/)'],
  ['$split(a, /, */)'],
  ['function($a, $b) <s+n?:b> { true }'],
])('%s is taken', (source) => {
  expect(compileExpression(source)).toHaveProperty('evaluate');
});

it.each([
  ['2026-11-20T10:00:00.000Z', '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]'],
  ['20261120100000000+0000', '[Y0001][M01][D01][H01][m01][s01][f001][Z]'],
  ['twentieth November 2026', '[Dwo] [MNn] [Y0001]'],
  ['20/11/26', '[D]/[M]/[Y]'],
])('a date that anybody would write is read: %s', async (text, picture) => {
  const scope = { text: text.replace('+0000', '+00:00'), picture };
  const read = await jsonata('$toMillis(text, picture)').evaluate(scope);
  expect(await outcome('$toMillis(text, picture)', scope)).toEqual(read);
});

it('searches find what RegExp finds, in every function', async () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'B', '1', ' ', ',', '\u00a0'), maxLength: 10 });
  const part = fc.constantFrom('a', 'b', '(a)', '(b|1)', '\\s', '\\d', '\\w', '.', '[^a]', '\\b', ',', '(a)?');
  const count = fc.constantFrom('', '', '+', '{1,2}', '{2}', '+?');
  const piece = fc
    .tuple(part, count)
    .filter(([what, times]) => times === '' || !/[b?]$/.test(what))
    .map((both) => both.join(''));
  const pattern = fc
    .array(piece, { minLength: 1, maxLength: 4 })
    .chain((pieces) => fc.constantFrom(pieces.join(''), pieces.join('|')));
  await fc.assert(
    fc.asyncProperty(pattern, word, fc.constantFrom('', 'i', 'm'), async (source, text, flags) => {
      const regex = `/${source}/${flags}`;
      const expression = [
        `$contains(text, ${regex})`,
        `$match(text, ${regex}).{ "m": match, "i": index, "g": groups }`,
        `$match(text, ${regex}, 1)`,
        `$replace(text, ${regex}, "<$0$1>")`,
        `$split(text, ${regex})`,
      ];
      for (const each of expression) {
        const theirs = await jsonata(each)
          .evaluate({ text })
          .catch(() => 'failed');
        const ours = await outcome(each, { text });
        // One fails where the other does: after a match of nothing there is no next one.
        if (theirs === 'failed') expect(ours).toHaveProperty('failed');
        else expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
      }
    }),
    { numRuns: 300 },
  );
}, 30_000);
