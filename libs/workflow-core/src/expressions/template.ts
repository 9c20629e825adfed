import type { Json, Problem, Violation } from '@nightshift/contracts';
import { appendPointer } from '../document/json-pointer.ts';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import type { EvaluationEnv, Scope } from './scope.ts';

/** An expression inside a template, and where it stands. */
export interface PlacedExpression {
  readonly pointer: string;
  readonly expression: CompiledExpression;
}

/** JSON with expressions in it, compiled to one function. */
export interface CompiledTemplate {
  /** Whether the value cannot be computed again. */
  readonly isRecorded: boolean;
  readonly expressions: readonly PlacedExpression[];
  /** Expressions that do not compile. Evaluating such a template throws. */
  readonly violations: readonly Violation[];
  /**
   * The value as plain JSON. A part whose expression gives nothing is left out of its object or list; undefined if the
   * whole gives nothing. A promise only if some part needs one. Parts without expressions are shared between evaluations.
   * @throws Failure `expression.failed`, thrown or as the promise's rejection
   */
  readonly evaluate: (scope: Scope, env: EvaluationEnv) => unknown;
}

/** Whether a text is an expression: it begins with `=`, but not with `==`, which stands for a text that begins with `=`. */
export const isExpressionText = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith('=') && !value.startsWith('==');

/** The expression in a text that may or must be one: without its leading `=`. */
export const expressionIn = (text: string): string => (text.startsWith('=') ? text.slice(1) : text);

type Evaluate = CompiledTemplate['evaluate'];

/**
 * Compiles JSON in which every string that begins with `=` is an expression.
 * @param pointer where the JSON stands in the document
 * @param nullUnder where in the document an expression that gives nothing stands for null, instead of being left out
 */
export const compileTemplate = (value: Json, pointer: string, nullUnder: readonly string[] = []): CompiledTemplate => {
  const expressions: PlacedExpression[] = [];
  const violations: Violation[] = [];

  const compileText = (text: string, place: string): Evaluate | undefined => {
    if (!isExpressionText(text)) return undefined;
    const expression = compileExpression(expressionIn(text), place);
    if ('problem' in expression) {
      violations.push(violationOf(expression.problem, place));
      return () => {
        throw new Error(`the expression at ${place} does not compile`);
      };
    }
    expressions.push({ pointer: place, expression });
    const isNull = nullUnder.some((part) => place === part || place.startsWith(`${part}/`));
    return isNull ? orNull(expression.evaluate) : expression.evaluate;
  };

  /** Undefined for a part without expressions. */
  const compilePart = (part: Json, place: string): Evaluate | undefined => {
    if (typeof part === 'string') return compileText(part, place);
    if (typeof part !== 'object' || part === null) return undefined;
    const keys = Object.keys(part);
    const children = keys.map((key) =>
      compilePart((part as Record<string, Json>)[key] as Json, appendPointer(place, key)),
    );
    if (children.every((child) => child === undefined)) return undefined;
    const constants = keys.map((key) => literal((part as Record<string, Json>)[key] as Json));
    const join = (values: readonly unknown[]): unknown =>
      Array.isArray(part) ? joinList(values) : joinObject(keys, values);
    return (scope, env) => {
      let isPending = false;
      const values = children.map((child, index) => {
        if (child === undefined) return constants[index];
        const given = child(scope, env);
        if (given instanceof Promise) isPending = true;
        return given;
      });
      return isPending ? Promise.all(values).then(join) : join(values);
    };
  };

  const evaluate = compilePart(value, pointer);
  const constant = literal(value);
  return {
    expressions,
    violations,
    isRecorded: expressions.some(({ expression }) => expression.isRecorded),
    evaluate: evaluate ?? (() => constant),
  };
};

const orNull =
  (evaluate: Evaluate): Evaluate =>
  (scope, env) => {
    const value = evaluate(scope, env);
    return value instanceof Promise ? value.then((given: unknown) => given ?? null) : (value ?? null);
  };

/** What a violation says about an expression that does not compile. */
export const violationOf = (problem: Problem, pointer: string): Violation => ({
  pointer,
  detail: problem.detail ?? problem.title,
});

/** JSON without expressions as it is meant: `==` at the start of a text is one `=`. */
const literal = (value: Json): unknown => {
  if (typeof value === 'string') return value.startsWith('==') ? value.slice(1) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(literal);
  return joinObject(Object.keys(value), Object.values(value).map(literal));
};

const joinList = (values: readonly unknown[]): unknown[] => values.filter((value) => value !== undefined);

const joinObject = (keys: readonly string[], values: readonly unknown[]): Record<string, unknown> => {
  const object: Record<string, unknown> = {};
  keys.forEach((key, index) => {
    if (values[index] === undefined) return;
    // Assigning to `__proto__` would set the prototype.
    if (key === '__proto__') Object.defineProperty(object, key, { value: values[index], enumerable: true });
    else object[key] = values[index];
  });
  return object;
};
