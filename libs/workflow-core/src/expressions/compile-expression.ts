import { Failure, type Problem } from '@nightshift/contracts';
import jsonata from 'jsonata';
import { assertBounded } from './bounded-syntax.ts';
import { compileFastPath, type FastEvaluator } from './fast-path.ts';
import { ENV_BINDING, injectFunctions } from './injected-functions.ts';
import { unrepeatableFunctions } from './known-functions.ts';
import { linearRegexEngine } from './linear-regexes.ts';
import { plainJson } from './plain-json.ts';
import { namesUsedBy, type NamesUsed } from './references.ts';
import type { EvaluationEnv, Scope } from './scope.ts';
import type { SyntaxNode } from './syntax-tree.ts';

export const expressionLimits = {
  /**
   * An expression shares its thread with all others, and the time counts for all of them. Smaller fails honest work on lists of some
   * thousand items when the machine is busy; larger lets an endless expression hold up everything else for as long.
   */
  timeoutMs: 2000,
  /** Nesting of calls and operators. JSONata recurses on the JavaScript stack, so larger ends in its overflow. */
  stackDepth: 500,
  /** Items of one list inside an expression. Larger costs memory that no limit guards. */
  sequenceLength: 100_000,
  /** Characters of one expression. Larger ones are programs, and parsing recurses. */
  sourceLength: 10_000,
} as const;

/** An expression, parsed once. */
export interface CompiledExpression extends NamesUsed {
  readonly source: string;
  /** Its syntax, to be read only. */
  readonly tree: SyntaxNode;
  /** Whether the value cannot be computed again: it depends on the clock or on chance. */
  readonly isRecorded: boolean;
  /** Whether the expression has a fast path. Its values may still send it to JSONata. */
  readonly isFast: boolean;
  /**
   * The value as plain JSON; undefined when it is missing. A promise only where JSONata itself was needed. The value may
   * share parts with the scope, so neither may be changed afterwards.
   * @throws Failure `expression.failed`, thrown or as the promise's rejection, with the place in `errors`
   */
  readonly evaluate: (scope: Scope, env: EvaluationEnv) => unknown;
}

/**
 * Compiles an expression of JSONata 2.2, without a leading `=`.
 * @param pointer where the expression stands in the document; named in problems
 */
export const compileExpression = (source: string, pointer = ''): CompiledExpression | { problem: Problem } => {
  const fail = (error: unknown): Failure => expressionFailure(error, source, pointer);
  if (source.length > expressionLimits.sourceLength) return { problem: fail(new Error(tooLong)).toProblem() };
  try {
    return compile(source, fail);
  } catch (error) {
    return { problem: fail(error).toProblem() };
  }
};

/**
 * The syntax tree of an expression, for who gives it a meaning of his own, such as a condition in SQL.
 * @param pointer where the expression stands; named in problems
 */
export const parseExpression = (source: string, pointer = ''): { tree: SyntaxNode } | { problem: Problem } => {
  try {
    if (source.length > expressionLimits.sourceLength) throw new Error(tooLong);
    return { tree: jsonata(source).ast() as unknown as SyntaxNode };
  } catch (error) {
    return { problem: expressionFailure(error, source, pointer).toProblem() };
  }
};

const tooLong = `An expression has at most ${expressionLimits.sourceLength} characters`;

const compile = (source: string, fail: (error: unknown) => Failure): CompiledExpression => {
  const expression = jsonata(source, {
    timeout: expressionLimits.timeoutMs,
    stack: expressionLimits.stackDepth,
    sequence: expressionLimits.sequenceLength,
    RegexEngine: linearRegexEngine({ timeoutMs: expressionLimits.timeoutMs, nowMs: () => performance.now() }),
  });
  injectFunctions(expression);
  const tree = expression.ast() as unknown as SyntaxNode;
  assertBounded(tree);
  const names = namesUsedBy(tree);
  const fast = compileFastPath(tree);

  const evaluateSlowly: CompiledExpression['evaluate'] = (scope, env) =>
    expression
      .evaluate(scope, { [ENV_BINDING]: env })
      .then(plainJson)
      .catch((error: unknown) => {
        throw fail(error);
      });

  return {
    source,
    tree,
    ...names,
    isRecorded: names.variables.some(({ name }) => unrepeatableFunctions.has(name)),
    isFast: fast !== undefined,
    evaluate: fast ? fastOrSlowly(fast, evaluateSlowly) : evaluateSlowly,
  };
};

/** Whatever stops the fast path, JSONata has the last word, or the better message. */
const fastOrSlowly =
  (fast: FastEvaluator, evaluateSlowly: CompiledExpression['evaluate']): CompiledExpression['evaluate'] =>
  (scope, env) => {
    try {
      return fast(scope, env);
    } catch {
      return evaluateSlowly(scope, env);
    }
  };

const expressionFailure = (error: unknown, source: string, pointer: string): Failure => {
  const { message, position } = readError(error);
  const detail = position === undefined ? message : `${message} (at character ${position} of \`${shortened(source)}\`)`;
  return new Failure('expression.failed', { detail, errors: [{ pointer, detail }], cause: error });
};

/** JSONata throws plain objects, the conversion to JSON a word. */
const readError = (error: unknown): { message: string; position?: number } => {
  if (typeof error === 'string') return { message: `The value is ${error}` };
  const { message, position } = (error ?? {}) as { message?: unknown; position?: unknown };
  return {
    message: typeof message === 'string' ? message : 'The expression failed',
    ...(typeof position === 'number' && { position }),
  };
};

/** Long enough to recognise an expression, short enough for a message. */
const shortened = (source: string): string => (source.length > 80 ? `${source.slice(0, 79)}…` : source);
