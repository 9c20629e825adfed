import type { Violation } from '@nightshift/contracts';
import { compileExpression } from '../expressions/compile-expression.ts';
import { expressionIn, violationOf } from '../expressions/template.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import type { StepPlaces } from './step-places.ts';

/** Checks an `if` or a `when`: always an expression, with or without `=`. */
export const checkCondition = (
  condition: unknown,
  pointer: string,
  names: NamesInScope,
  steps?: StepPlaces,
): Violation[] => {
  if (typeof condition !== 'string') return [{ pointer, detail: 'must be an expression' }];
  const expression = compileExpression(expressionIn(condition), pointer);
  if ('problem' in expression) return [violationOf(expression.problem, pointer)];
  return checkExpressions([{ pointer, expression }], names, steps);
};
