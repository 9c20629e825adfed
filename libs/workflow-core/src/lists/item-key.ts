import { Failure, type Violation } from '@nightshift/contracts';
import { compileExpression } from '../expressions/compile-expression.ts';
import type { EvaluationEnv } from '../expressions/scope.ts';
import { expressionIn, violationOf } from '../expressions/template.ts';

/** What the key of an item is computed from. */
export interface KeyScope {
  readonly item: unknown;
  readonly index: number;
  readonly parameters: Record<string, unknown>;
}

/**
 * The key of an item, as a text: equal for equal values, different for values of different types.
 * @throws Failure `expression.failed`, thrown or as the promise's rejection; also where there is no value
 */
export type KeyOf = (scope: KeyScope, env: EvaluationEnv) => string | Promise<string>;

const inScope: ReadonlySet<string> = new Set(['item', 'index', 'parameters'] satisfies (keyof KeyScope)[]);

/** Compiles the key of a list, with or without a leading `=`. */
export const compileItemKey = (source: string, pointer: string): { keyOf: KeyOf } | { violations: Violation[] } => {
  const expression = compileExpression(expressionIn(source), pointer);
  if ('problem' in expression) return { violations: [violationOf(expression.problem, pointer)] };
  const unknown = expression.references.filter(({ name }) => !inScope.has(name));
  if (unknown.length > 0) {
    const detail = 'is computed from item, index and parameters';
    return { violations: unknown.map(({ name }) => ({ pointer, detail: `${detail}; ${name} is none of them` })) };
  }
  return {
    keyOf: ({ item, index, parameters }, env) => {
      const value = expression.evaluate({ item, index, parameters }, env);
      return value instanceof Promise
        ? value.then((given: unknown) => asKey(given, index, pointer))
        : asKey(value, index, pointer);
    },
  };
};

const asKey = (value: unknown, index: number, pointer: string): string => {
  if (value !== undefined) return JSON.stringify(value);
  const detail = `gives nothing for item ${index}`;
  throw new Failure('expression.failed', { detail: `The key ${detail}`, errors: [{ pointer, detail }] });
};
