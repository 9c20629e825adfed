import type { Json } from '@nightshift/contracts';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { compileTemplate, expressionIn, type CompiledTemplate } from './template.ts';

/** Compiles a template of a document that was found right. @throws Error if an expression in it does not compile */
export const compileRightTemplate = (
  value: Json,
  pointer: string,
  nullUnder: readonly string[] = [],
): CompiledTemplate => {
  const template = compileTemplate(value, pointer, nullUnder);
  const [violation] = template.violations;
  if (violation) throw new Error(`${violation.pointer}: ${violation.detail}`);
  return template;
};

/** Compiles an `if`, a `when` or a `while`. @throws Error if it does not compile */
export const compileCondition = (source: string, pointer: string): CompiledExpression => {
  const condition = compileExpression(expressionIn(source), pointer);
  if ('problem' in condition) throw new Error(`${pointer}: ${condition.problem.detail}`);
  return condition;
};
