import { parseExpression, type SyntaxNode } from '@nightshift/workflow-core';

/** More conditions than all rules of a database have; the one that was parsed first goes. */
const KEPT = 2_000;

const parsed = new Map<string, SyntaxNode>();

/** The syntax tree of a condition, parsed once, or why there is none. */
export const parsedCondition = (source: string): { tree: SyntaxNode } | { problem: string } => {
  const known = parsed.get(source);
  if (known !== undefined) return { tree: known };
  const result = parseExpression(source);
  if ('problem' in result) return { problem: result.problem.detail ?? result.problem.title };
  if (parsed.size >= KEPT) parsed.delete(parsed.keys().next().value!);
  parsed.set(source, result.tree);
  return result;
};
