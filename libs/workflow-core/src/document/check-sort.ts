import type { Violation } from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { fieldAt, fieldOf } from './field-path.ts';
import { appendPointer } from './json-pointer.ts';

/** The fields in a `sort`, as far as they are written out. */
export const checkSort = (action: Action, { pointer, types }: Place): Violation[] => {
  const type = types.get(String(action['type']));
  const { sort } = action;
  if (!type || !Array.isArray(sort)) return [];
  return sort.flatMap((key, index) => {
    if (isExpressionText(key)) return [];
    const name = String(key).replace(/^-/, '');
    const at = appendPointer(appendPointer(pointer, 'sort'), index);
    if (name === 'relevance' && fieldOf(type, name) === undefined)
      return action['search'] === undefined
        ? [{ pointer: at, detail: 'needs search, the words that things are relevant to' }]
        : [];
    const found = fieldAt(types, type, name, at);
    return found !== undefined && 'violation' in found ? [found.violation] : [];
  });
};
