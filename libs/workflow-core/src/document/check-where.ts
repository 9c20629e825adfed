import {
  ConditionSchema,
  WHERE_MOST_DEPTH,
  type Field,
  type Json,
  type TypeDefinition,
  type Violation,
} from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { fieldOf, fieldsOf } from './field-path.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

const operators = Object.keys(ConditionSchema.properties);
const quantifiers = ['any', 'all', 'none'];
const listOperators = [...quantifiers, 'has', 'hasAll', 'length'];
const operatorsOfLists = [...listOperators, 'eq', 'ne', 'empty'];
const combinators = ['and', 'or', 'not'];

interface Within {
  readonly types: Place['types'];
  readonly type: TypeDefinition;
  readonly pointer: string;
  readonly depth: number;
}

/** The fields and operators of a `where`, as far as they are written out. */
export const checkWhere = (where: Json | undefined, action: Action, { pointer, types }: Place): Violation[] => {
  const type = types.get(String(action['type']));
  const at = appendPointer(pointer, 'where');
  return type && where !== undefined ? checkConditions(where, { types, type, pointer: at, depth: 0 }) : [];
};

const deeper = (within: Within, key: string | number): Within => ({
  ...within,
  pointer: appendPointer(within.pointer, key),
  depth: within.depth + 1,
});

const checkConditions = (where: unknown, within: Within): Violation[] => {
  const { pointer, depth } = within;
  if (isExpressionText(where)) return [];
  if (!isObject(where)) return [{ pointer, detail: 'must be an object of fields and conditions' }];
  if (depth > WHERE_MOST_DEPTH) return [{ pointer, detail: `is nested deeper than ${WHERE_MOST_DEPTH}` }];
  return Object.entries(where).flatMap(([key, value]) => checkEntry(key, value, within));
};

const checkEntry = (key: string, value: unknown, within: Within): Violation[] => {
  const { types, type } = within;
  const pointer = appendPointer(within.pointer, key);
  if (key === 'not') return checkConditions(value, deeper(within, key));
  if (key === 'and' || key === 'or') {
    if (isExpressionText(value)) return [];
    if (!Array.isArray(value)) return [{ pointer, detail: 'must be a list of conditions' }];
    const inside = { ...deeper(within, key), pointer };
    return value.flatMap((part, index) => checkConditions(part, { ...inside, pointer: appendPointer(pointer, index) }));
  }
  const field = fieldOf(type, key);
  if (field !== undefined) return checkCondition(value, field, { ...within, pointer });
  const referring = referringTo(key, type, types);
  if (referring !== undefined) return checkReferring(value, { ...within, type: referring, pointer });
  const names = Object.keys(fieldsOf(type));
  return [unknownWord(pointer, `the type ${type.name} has no field ${key}`, key, [...names, ...combinators])];
};

const checkCondition = (value: unknown, field: Field, within: Within): Violation[] => {
  // Anything but an object is compared with the field as a whole.
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([operator, operand]) => {
    const inside = deeper(within, operator);
    const { pointer } = inside;
    const isList = field.list === true;
    if (!operators.includes(operator)) {
      // An object is compared with a field of JSON as a whole.
      if (field.kind === 'json' && !isList) return [];
      return [unknownWord(pointer, `is not an operator; there are ${operators.join(', ')}`, operator, operators)];
    }
    if (isList && !operatorsOfLists.includes(operator))
      return [{ pointer, detail: `is not for lists; ask for ${operatorsOfLists.join(', ')}` }];
    if (!isList && listOperators.includes(operator))
      return [{ pointer, detail: 'is for lists, and the field is none' }];
    if (quantifiers.includes(operator)) return checkCondition(operand, { ...field, list: false }, inside);
    if (operator !== 'is') return [];
    if (field.kind !== 'reference') return [{ pointer, detail: 'is for references, and the field is none' }];
    const target = field.type === undefined ? undefined : within.types.get(field.type);
    return target ? checkConditions(operand, { ...inside, type: target }) : [];
  });
};

/** The type whose field, `orders.customer`, refers to the one that is asked for. */
const referringTo = (key: string, type: TypeDefinition, types: Place['types']): TypeDefinition | undefined => {
  const dot = key.indexOf('.');
  const referring = dot < 0 ? undefined : types.get(key.slice(0, dot));
  const field = referring && fieldOf(referring, key.slice(dot + 1));
  return field?.kind === 'reference' && field.type === type.name ? referring : undefined;
};

const checkReferring = (value: unknown, within: Within): Violation[] => {
  if (isExpressionText(value)) return [];
  if (!isObject(value)) return [{ pointer: within.pointer, detail: `must ask for ${quantifiers.join(', ')}` }];
  return Object.entries(value).flatMap(([operator, operand]) => {
    const inside = deeper(within, operator);
    if (quantifiers.includes(operator)) return checkConditions(operand, inside);
    const detail = `is not for the things that refer to one; ask for ${quantifiers.join(', ')}`;
    return [unknownWord(inside.pointer, detail, operator, quantifiers)];
  });
};
