import jsonata from 'jsonata';
import { assertBounded } from './bounded-syntax.ts';
import { assertReadable } from './date-pictures.ts';
import type { EvaluationEnv } from './scope.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** The name under which one evaluation's clock and chance are bound. Cannot be written as a variable in an expression. */
export const ENV_BINDING = 'nightshift env';

interface NativeFunction {
  implementation: (this: jsonata.Focus, ...given: unknown[]) => unknown;
}

/** JSONata's own, where one of ours stands before it. */
const nativeOf = (name: string): Promise<NativeFunction> => jsonata(`$${name}`).evaluate({}) as Promise<NativeFunction>;
const nativeEval = nativeOf('eval');
const nativeToMillis = nativeOf('toMillis');

const envOf = (focus: jsonata.Focus): EvaluationEnv => focus.environment.lookup(ENV_BINDING) as EvaluationEnv;

/**
 * Replaces the functions of JSONata that read the clock or draw by chance with ones that read the environment, and adds `$uuid`.
 * `$eval` and `$toMillis` refuse what could keep the thread.
 * `$exists` differs from JSONata's: null does not exist, because an empty field of a thing is null.
 */
export const injectFunctions = (expression: jsonata.Expression): void => {
  expression.registerFunction(
    'now',
    function (picture?: string, timeZone?: string) {
      const format = this.environment.lookup('fromMillis') as NativeFunction;
      return format.implementation.call(this, envOf(this).now.getTime(), picture, timeZone);
    },
    '<s?s?:s>',
  );
  expression.registerFunction(
    'millis',
    function () {
      return envOf(this).now.getTime();
    },
    '<:n>',
  );
  expression.registerFunction(
    'random',
    function () {
      return envOf(this).random();
    },
    '<:n>',
  );
  expression.registerFunction(
    'uuid',
    function () {
      return envOf(this).uuid();
    },
    '<:s>',
  );
  expression.registerFunction(
    'shuffle',
    function (items?: unknown[]) {
      return items && shuffled(items, envOf(this).random);
    },
    '<a:a>',
  );
  expression.registerFunction(
    'eval',
    function (text?: string, focus?: unknown) {
      if (text !== undefined) assertBounded(jsonata(text).ast() as unknown as SyntaxNode);
      return nativeEval.then(({ implementation }) => implementation.call(this, text, focus));
    },
    '<sx?:x>',
  );
  expression.registerFunction(
    'toMillis',
    function (text?: string, picture?: string) {
      if (text !== undefined && picture !== undefined) assertReadable(text, picture);
      return nativeToMillis.then(({ implementation }) => implementation.call(this, text, picture));
    },
    '<s-s?:n>',
  );
  expression.registerFunction('exists', (value: unknown) => value !== undefined && value !== null, '<x:b>');
};

/** Fisher and Yates. */
const shuffled = (items: readonly unknown[], random: () => number): unknown[] => {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
};
