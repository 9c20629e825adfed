import type { Violation } from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

/** The action's `type` must be a type's name, written out: fields are checked against it. */
export const checkType = ({ type }: Action, { pointer, types }: Place): Violation[] => {
  const name = String(type);
  const place = appendPointer(pointer, 'type');
  if (isExpressionText(name)) return [{ pointer: place, detail: 'must be the name of a type, not an expression' }];
  return types.has(name) ? [] : [unknownWord(place, `there is no type ${name}`, name, types.keys())];
};
