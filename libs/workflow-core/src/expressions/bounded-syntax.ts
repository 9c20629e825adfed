import { linearRegexOf } from './linear-regexes.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** Of the parameters in a function's signature, those that take one argument or many (`+`). */
const REPEATED_MAX = 1;

/** Those that may be absent (`?`), or are taken from the context (`-`). */
const OPTIONAL_MAX = 8;

/**
 * What an expression says that a search is made from must be such that it ends, since no time limit reaches into one: regular expressions, and the
 * signatures of functions, which JSONata turns into regular expressions of its own.
 * @throws an error in JSONata's shape, `message` and `position`
 */
export const assertBounded = (tree: SyntaxNode): void => {
  const seen = new Set<object>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || node instanceof RegExp || seen.has(node)) return;
    seen.add(node);
    const { type, value, position, signature } = node as Partial<SyntaxNode>;
    const fault =
      type === 'regex' && value instanceof RegExp
        ? faultOf(value)
        : signature && faultOfSignature(signature.definition);
    if (fault !== undefined) throw { message: fault, position };
    Object.values(node).forEach(visit);
  };
  visit(tree);
};

const faultOf = (regex: RegExp): string | undefined => {
  try {
    linearRegexOf(regex);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

const faultOfSignature = (signature: string): string | undefined => {
  const repeated = signature.match(/\+/g)?.length ?? 0;
  const optional = signature.match(/[?-]/g)?.length ?? 0;
  return repeated > REPEATED_MAX || optional > OPTIONAL_MAX
    ? `A function's signature may have \`+\` once, and \`?\` and \`-\` ${OPTIONAL_MAX} times: ${signature}`
    : undefined;
};
