import { RE2JS } from 're2js';
import { toLinearPattern } from './linear-pattern.ts';

/** Steps that searches may take at the worst, with 20 to 80 ns for each. Larger holds up the thread for longer. */
export const SEARCH_WORK_MAX = 25_000_000;

/** A regular expression that is searched for in time linear in the text. */
export interface LinearRegex {
  /** About how many steps a search takes for a character of the text, at the worst. */
  readonly steps: number;
  /** The first match that begins at `from` or later, as `RegExp.prototype.exec` gives it. */
  find(text: string, from?: number): RegExpExecArray | null;
  /** Whether it matches anywhere. */
  test(text: string): boolean;
}

/**
 * A regular expression of JavaScript that is searched for in time linear in the text, whoever wrote it and whatever the text is. Whoever lets others
 * write it bounds `steps` times the length of the text (`SEARCH_WORK_MAX`). It is prepared with the first search.
 *
 * What differs from `RegExp`: characters are code points; with `m` only `\n` ends a line; with `i` letters are equal as Unicode folds
 * them; a group in a repetition keeps what it matched last; a repetition may end with nothing where its part would rather be nothing.
 * @throws Error with the reason if there is no such engine for the pattern, see {@link toLinearPattern}
 */
export const makeLinearRegex = (source: string, flags = ''): LinearRegex => {
  const pattern = toLinearPattern(source, flags);
  let prepared: RE2JS | undefined;
  const engine = (): RE2JS => (prepared ??= RE2JS.compile(pattern.source));
  return {
    steps: pattern.steps,
    find(text, from = 0) {
      const matcher = engine().matcher(text);
      if (!matcher.find(from)) return null;
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, n) => matcher.group(n) ?? undefined);
      return Object.assign(groups, { index: matcher.start(), input: text }) as RegExpExecArray;
    },
    test: (text) => engine().test(text),
  };
};
