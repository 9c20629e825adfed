import type { Field, FieldKind, Violation } from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import { changeWords, type ChangeWord } from '../steps/field-changes.ts';
import type { Place } from '../steps/step-kind.ts';
import { changeableField, checkFields } from './check-fields.ts';
import { checkElement } from './check-value.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { isWrittenOut } from './written-out.ts';

const listWords: ReadonlySet<ChangeWord> = new Set(['add', 'remove', 'addList', 'removeList']);
const numbers: readonly FieldKind[] = ['number', 'integer'];

/** There must be something to change; every field must exist, be of a kind that the operation works on, and stand in one operation only. */
export const checkChanges = (action: Action, place: Place): Violation[] => {
  const { pointer, types } = place;
  if (changeWords.every((word) => action[word] === undefined))
    return [{ pointer, detail: `needs something to change: ${changeWords.join(', ')}` }];
  const type = types.get(String(action['type']));
  if (!type) return [];

  const violations = checkFields(action, place, 'change');
  const changedBy = new Map<string, ChangeWord>();
  for (const word of changeWords) {
    for (const { name, value, at } of changesOf(action, word, pointer)) {
      const earlier = changedBy.get(name);
      changedBy.set(name, word);
      if (earlier !== undefined) {
        violations.push({ pointer: at, detail: `is in ${earlier} already; a field takes one change at a time` });
        continue;
      }
      if (word === 'fields') continue;
      const found = changeableField(type, name, at);
      violations.push(
        ...('violation' in found ? [found.violation] : checkOperation(word, name, found.field, value, at)),
      );
    }
  }
  return violations;
};

/** What an operation changes, as far as it is written out. */
const changesOf = (
  action: Action,
  word: ChangeWord,
  pointer: string,
): { name: string; value: unknown; at: string }[] => {
  const place = appendPointer(pointer, word);
  const given: unknown = action[word];
  if (isObject(given))
    return Object.entries(given).map(([name, value]) => ({ name, value, at: appendPointer(place, name) }));
  if (word !== 'clear' || !Array.isArray(given)) return [];
  return given.flatMap((name: unknown, index) =>
    typeof name === 'string' && isWrittenOut(name) ? [{ name, value: null, at: appendPointer(place, index) }] : [],
  );
};

const checkOperation = (word: ChangeWord, name: string, field: Field, value: unknown, pointer: string): Violation[] => {
  const { kind, required } = field;
  const isList = field.list === true;
  const held = isList ? 'a list' : `of kind ${kind}`;
  if (listWords.has(word)) {
    if (!isList && kind !== 'json')
      return [{ pointer, detail: `${word} needs a list or a field of kind json, but ${name} is ${held}` }];
    if (!isList) return [];
    const items = word === 'addList' || word === 'removeList' ? value : [value];
    if (!Array.isArray(items)) return [];
    return items.flatMap((item, index) =>
      checkElement(item, field, items === value ? appendPointer(pointer, index) : pointer),
    );
  }
  if (word === 'increment' && (isList || !numbers.includes(kind)))
    return [{ pointer, detail: `${word} needs a field of kind ${numbers.join(' or ')}, but ${name} is ${held}` }];
  if (word === 'increment' && kind === 'integer' && typeof value === 'number' && !Number.isInteger(value))
    return [{ pointer, detail: `must be a whole number, because ${name} is of kind integer` }];
  // A list is cleared to the empty list.
  if (word === 'clear' && required && kind !== 'json' && !isList)
    return [{ pointer, detail: `${name} is required and cannot be cleared` }];
  return [];
};
