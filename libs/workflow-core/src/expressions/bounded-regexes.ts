import type { SyntaxNode } from './syntax-tree.ts';

/** Lookarounds and back-references: only an engine that may need exponential time has them. */
const unbounded = /(?<!\\)(?:\\\\)*(?:\(\?(?:[=!]|<[=!])|\\[1-9]|\\k<)/;

/** What stands in one has no meaning but itself. */
const characterClasses = /\[(?:\\.|[^\]\\])*\]/g;

/**
 * Every regular expression must be one that can be matched in time linear in the text, since no time limit reaches into a match. Whoever
 * evaluates expressions has the engine fall back to linear time (`boundRegexes` of the runtime).
 * @throws an error in JSONata's shape, `message` and `position`
 */
export const assertBoundedRegexes = (tree: SyntaxNode): void => {
  const seen = new Set<object>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || node instanceof RegExp || seen.has(node)) return;
    seen.add(node);
    const { type, value, position } = node as Partial<SyntaxNode>;
    if (type === 'regex' && value instanceof RegExp && unbounded.test(value.source.replace(characterClasses, '')))
      throw { message: 'A regular expression may have no lookaround and no back-reference', position };
    Object.values(node).forEach(visit);
  };
  visit(tree);
};
