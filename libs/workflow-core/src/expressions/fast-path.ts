import { asText, calculate, compare, isEqual, isIn, isTrue, needsJsonata, onText } from './fast-values.ts';
import { pairsOf, leftOf, type SyntaxNode } from './syntax-tree.ts';
import type { EvaluationEnv, Scope } from './scope.ts';

/** Gives the value of an expression at once, or throws `needsJsonata`. */
export type FastEvaluator = (scope: Scope, env: EvaluationEnv) => unknown;

/** The expression as a synchronous function with JSONata's meaning, or undefined if it uses more than the fast path knows. */
export const compileFastPath = (node: SyntaxNode): FastEvaluator | undefined => {
  if (isSpecial(node)) return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
      return compileLiteral(node);
    case 'path':
      return compilePath(node);
    case 'variable':
      return isScope(node) ? (scope) => scope : undefined;
    case 'binary':
      return compileBinary(node);
    case 'unary':
      return compileUnary(node);
    case 'condition':
      return compileCondition(node);
    case 'block':
      return node.expressions?.length === 1 ? compileFastPath(node.expressions[0]!) : undefined;
    case 'function':
      return compileCall(node);
    default:
      return undefined;
  }
};

const isSpecial = (node: SyntaxNode): boolean =>
  node.predicate !== undefined ||
  node.stages !== undefined ||
  node.group !== undefined ||
  node.tuple === true ||
  node.keepArray === true ||
  node.keepSingletonArray === true ||
  node.consarray === true;

const compileAll = (nodes: readonly SyntaxNode[]): FastEvaluator[] | undefined => {
  const compiled = nodes.map(compileFastPath);
  return compiled.every((part) => part !== undefined) ? compiled : undefined;
};

const compileLiteral = (node: SyntaxNode): FastEvaluator => {
  const { value } = node;
  return () => value;
};

/** `$$`, and `$` where the context is the scope, which it is wherever the fast path goes. */
const isScope = (node: SyntaxNode): boolean =>
  node.type === 'variable' && (node.value === '$' || node.value === '') && !isSpecial(node);

const compilePath = (node: SyntaxNode): FastEvaluator | undefined => {
  const steps = [...(node.steps ?? [])];
  if (steps[0] && isScope(steps[0])) steps.shift();
  if (!steps.every((step) => step.type === 'name' && !isSpecial(step))) return undefined;
  const names = steps.map((step) => String(step.value));
  return (scope) => {
    let value: unknown = scope;
    for (const name of names) {
      if (typeof value !== 'object' || value === null) return undefined;
      if (Array.isArray(value)) throw needsJsonata;
      value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    }
    return value;
  };
};

const compileBinary = (node: SyntaxNode): FastEvaluator | undefined => {
  const left = compileFastPath(leftOf(node));
  const right = node.rhs && compileFastPath(node.rhs);
  if (!left || !right) return undefined;
  switch (node.value) {
    case 'and':
      return (scope, env) => isTrue(left(scope, env)) && isTrue(right(scope, env));
    case 'or':
      return (scope, env) => isTrue(left(scope, env)) || isTrue(right(scope, env));
    case '=':
      return (scope, env) => isEqual(left(scope, env), right(scope, env));
    case '!=':
      return (scope, env) => {
        const [a, b] = [left(scope, env), right(scope, env)];
        return a !== undefined && b !== undefined && !isEqual(a, b);
      };
    case '<':
      return (scope, env) => compare(left(scope, env), right(scope, env), (a, b) => a < b);
    case '<=':
      return (scope, env) => compare(left(scope, env), right(scope, env), (a, b) => a <= b);
    case '>':
      return (scope, env) => compare(left(scope, env), right(scope, env), (a, b) => a > b);
    case '>=':
      return (scope, env) => compare(left(scope, env), right(scope, env), (a, b) => a >= b);
    case '+':
      return (scope, env) => calculate(left(scope, env), right(scope, env), (a, b) => a + b);
    case '-':
      return (scope, env) => calculate(left(scope, env), right(scope, env), (a, b) => a - b);
    case '*':
      return (scope, env) => calculate(left(scope, env), right(scope, env), (a, b) => a * b);
    case '/':
      return (scope, env) => calculate(left(scope, env), right(scope, env), (a, b) => a / b);
    case '%':
      return (scope, env) => calculate(left(scope, env), right(scope, env), (a, b) => a % b);
    case '&':
      return (scope, env) => (asText(left(scope, env)) ?? '') + (asText(right(scope, env)) ?? '');
    case 'in':
      return (scope, env) => isIn(left(scope, env), right(scope, env));
    default:
      return undefined;
  }
};

const compileUnary = (node: SyntaxNode): FastEvaluator | undefined => {
  switch (node.value) {
    case '-': {
      const operand = node.expression && compileFastPath(node.expression);
      return operand && ((scope, env) => calculate(0, operand(scope, env), (_, b) => -b));
    }
    case '[':
      return compileArray(node.expressions ?? []);
    case '{':
      return compileObject(node);
    default:
      return undefined;
  }
};

const compileArray = (nodes: readonly SyntaxNode[]): FastEvaluator | undefined => {
  const items = compileAll(nodes);
  if (!items) return undefined;
  // An array written inside an array stays one; any other array is joined to the outer one.
  const isNested = nodes.map((node) => node.type === 'unary' && node.value === '[');
  return (scope, env) => {
    const result: unknown[] = [];
    items.forEach((item, index) => {
      const value = item(scope, env);
      if (value === undefined) return;
      if (Array.isArray(value) && !isNested[index]) {
        // JSONata checks its limit on the length of a sequence here.
        if (value.length > 1000) throw needsJsonata;
        result.push(...(value as unknown[]));
      } else result.push(value);
    });
    return result;
  };
};

const compileObject = (node: SyntaxNode): FastEvaluator | undefined => {
  const pairs = pairsOf(node);
  const keys = pairs.map(([key]) => (key.type === 'string' && !isSpecial(key) ? String(key.value) : undefined));
  if (new Set(keys).size !== keys.length) return undefined;
  if (!keys.every((key) => key !== undefined && key !== '__proto__' && !key.startsWith('_jsonata_'))) return undefined;
  const values = compileAll(pairs.map(([, value]) => value));
  return (
    values &&
    ((scope, env) => {
      const result: Record<string, unknown> = {};
      values.forEach((value, index) => {
        const given = value(scope, env);
        if (given !== undefined) result[keys[index] as string] = given;
      });
      return result;
    })
  );
};

const compileCondition = (node: SyntaxNode): FastEvaluator | undefined => {
  const [condition, then] = compileAll([node.condition as SyntaxNode, node.then as SyntaxNode]) ?? [];
  const otherwise = node.else ? compileFastPath(node.else) : () => undefined;
  if (!condition || !then || !otherwise) return undefined;
  return (scope, env) => (isTrue(condition(scope, env)) ? then(scope, env) : otherwise(scope, env));
};

type FastFunction = (argument: unknown) => unknown;

/** Functions of one argument that is given, not taken from the context. */
const functionsOfOne: Readonly<Record<string, FastFunction>> = {
  exists: (value) => value !== undefined && value !== null,
  not: (value) => (value === undefined ? undefined : !isTrue(value)),
  boolean: (value) => (value === undefined ? undefined : isTrue(value)),
  string: (value) => asText(value),
  lowercase: (value) => onText(value, (text) => text.toLowerCase()),
  uppercase: (value) => onText(value, (text) => text.toUpperCase()),
  count: (value) => (value === undefined ? 0 : Array.isArray(value) ? value.length : 1),
};

const functionsOfNone: Readonly<Record<string, (env: EvaluationEnv) => unknown>> = {
  now: (env) => env.now.toISOString(),
  millis: (env) => env.now.getTime(),
  random: (env) => env.random(),
  uuid: (env) => env.uuid(),
};

const compileCall = (node: SyntaxNode): FastEvaluator | undefined => {
  if (node.procedure?.type !== 'variable' || isSpecial(node.procedure)) return undefined;
  const name = String(node.procedure.value);
  const parameters = compileAll(node.arguments ?? []);
  if (!parameters) return undefined;
  const [parameter] = parameters;
  if (parameters.length === 0 && Object.hasOwn(functionsOfNone, name)) {
    const perform = functionsOfNone[name]!;
    return (_, env) => perform(env);
  }
  if (parameters.length === 1 && parameter && Object.hasOwn(functionsOfOne, name)) {
    const perform = functionsOfOne[name]!;
    return (scope, env) => perform(parameter(scope, env));
  }
  return undefined;
};
