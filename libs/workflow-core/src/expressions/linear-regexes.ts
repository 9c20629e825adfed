import { makeLinearRegex, SEARCH_WORK_MAX, type LinearRegex } from '@nightshift/contracts';

/** JSONata compiles a regular expression once, for the tree, and makes an engine of it for every evaluation. */
const regexes = new WeakMap<RegExp, LinearRegex>();

/** @throws Error with the reason if a regular expression of an expression cannot be searched for in linear time */
export const linearRegexOf = (regex: RegExp): LinearRegex => {
  let linear = regexes.get(regex);
  if (!linear) regexes.set(regex, (linear = makeLinearRegex(regex.source, regex.flags)));
  return linear;
};

/** What JSONata asks of a `RegExp` with the flag `g`. */
interface Engine {
  lastIndex: number;
  exec(text: string): RegExpExecArray | null;
}

/**
 * What stands for `RegExp` where JSONata evaluates. JSONata looks at the clock between the parts of an expression, not between the matches in
 * a text, so this does.
 * @param timeoutMs what the searches of one evaluation may take
 * @param nowMs only ends an evaluation: it is part of no value
 */
export const linearRegexEngine = ({
  timeoutMs,
  nowMs,
}: {
  timeoutMs: number;
  nowMs: () => number;
}): RegExpConstructor =>
  // JSONata calls it with `new`, which an arrow function cannot take.
  function (regex: RegExp): Engine {
    const linear = linearRegexOf(regex);
    const endsAt = nowMs() + timeoutMs;
    return {
      lastIndex: 0,
      exec(text) {
        if (nowMs() > endsAt) throw { code: 'D1012', value: timeoutMs };
        assertWork(linear, text.length - this.lastIndex);
        const found = linear.find(text, this.lastIndex);
        this.lastIndex = found ? found.index + found[0].length : 0;
        return found;
      },
    };
  } as unknown as RegExpConstructor;

const assertWork = ({ steps }: LinearRegex, length: number): void => {
  const longest = Math.floor(SEARCH_WORK_MAX / Math.max(steps, 1));
  if (length > longest)
    throw { message: `A text of ${length} characters is too long for the regular expression, which takes ${longest}` };
};
