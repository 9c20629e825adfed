import { builtInFields, ConditionSchema, type Json, type TypeDefinition, type Violation } from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

const operators = Object.keys(ConditionSchema.properties);
const combinators = ['and', 'or', 'not'];

/** The fields and operators of a `where`, as far as they are written out. */
export const checkWhere = (where: Json | undefined, action: Action, { pointer, types }: Place): Violation[] => {
  const type = types.get(String(action['type']));
  return type && where !== undefined ? checkConditions(where, type, appendPointer(pointer, 'where')) : [];
};

const checkConditions = (where: unknown, type: TypeDefinition, pointer: string): Violation[] => {
  if (isExpressionText(where)) return [];
  if (!isObject(where)) return [{ pointer, detail: 'must be an object of fields and conditions' }];
  return Object.entries(where).flatMap(([key, value]) => checkEntry(key, value, type, appendPointer(pointer, key)));
};

const checkEntry = (key: string, value: unknown, type: TypeDefinition, pointer: string): Violation[] => {
  if (key === 'not') return checkConditions(value, type, pointer);
  if (key === 'and' || key === 'or') {
    if (isExpressionText(value)) return [];
    if (!Array.isArray(value)) return [{ pointer, detail: 'must be a list of conditions' }];
    return value.flatMap((part, index) => checkConditions(part, type, appendPointer(pointer, index)));
  }
  const names = [...Object.keys(type.fields), ...Object.keys(builtInFields)];
  if (!names.includes(key)) {
    const detail = `the type ${type.name} has no field ${key}`;
    return [unknownWord(pointer, detail, key, [...names, ...combinators])];
  }
  // An object compares a field of JSON as a whole; anywhere else it holds operators.
  if (!isObject(value) || type.fields[key]?.kind === 'json') return [];
  return Object.keys(value)
    .filter((operator) => !operators.includes(operator))
    .map((operator) => {
      const detail = `is not an operator; there are ${operators.join(', ')}`;
      return unknownWord(appendPointer(pointer, operator), detail, operator, operators);
    });
};
