import { builtInFields, type Violation } from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

/** The fields in a `sort`, as far as they are written out. */
export const checkSort = (action: Action, { pointer, types }: Place): Violation[] => {
  const type = types.get(String(action['type']));
  const { sort } = action;
  if (!type || !Array.isArray(sort)) return [];
  const names = [...Object.keys(type.fields), ...Object.keys(builtInFields)];
  return sort.flatMap((key, index) => {
    if (isExpressionText(key)) return [];
    const name = String(key).replace(/^-/, '');
    if (names.includes(name)) return [];
    const at = appendPointer(appendPointer(pointer, 'sort'), index);
    return [unknownWord(at, `the type ${type.name} has no field ${name}`, name, names)];
  });
};
