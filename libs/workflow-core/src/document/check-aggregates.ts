import {
  IDENTIFIER_PATTERN,
  NAME_MAX_LENGTH,
  type FieldKind,
  type TypeDefinition,
  type Violation,
} from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { fieldAt } from './field-path.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';

const identifier = new RegExp(IDENTIFIER_PATTERN);

const numbers: readonly FieldKind[] = ['number', 'integer'];
const ordered: readonly FieldKind[] = [...numbers, 'text', 'option', 'date', 'dateTime'];
const kindsFor: Record<string, readonly FieldKind[]> = {
  sum: numbers,
  average: numbers,
  min: ordered,
  max: ordered,
};

/** The `aggregates` of a search: each one function, of a field that has such a thing. */
export const checkAggregates = (action: Action, { pointer, types }: Place): Violation[] => {
  const { aggregates } = action;
  const type = types.get(String(action['type']));
  if (!type || !isObject(aggregates)) return [];
  return Object.entries(aggregates).flatMap(([name, aggregate]) => {
    const at = appendPointer(appendPointer(pointer, 'aggregates'), name);
    if (!identifier.test(name) || name.length > NAME_MAX_LENGTH)
      return [{ pointer: at, detail: 'must be named with a letter and then letters, digits or underscores' }];
    return isObject(aggregate) ? checkAggregate(aggregate, types, type, at) : [];
  });
};

const checkAggregate = (
  aggregate: Record<string, unknown>,
  types: Place['types'],
  type: TypeDefinition,
  pointer: string,
): Violation[] => {
  const words = Object.keys(aggregate);
  const [word] = words;
  if (word === undefined || words.length > 1)
    return [{ pointer, detail: 'must have exactly one of count, sum, average, min, max' }];
  const at = appendPointer(pointer, word);
  if (word === 'count')
    return aggregate['count'] === false ? [{ pointer: at, detail: 'must be true, or be left out' }] : [];
  const kinds = kindsFor[word];
  const name = aggregate[word];
  if (!kinds || typeof name !== 'string') return [];

  const found = fieldAt(types, type, name, at);
  if (found === undefined) return [];
  if ('violation' in found) return [found.violation];
  const { field } = found;
  // The id is an identity, not a text that has an order.
  const isId = name === 'id' || name.endsWith('.id');
  const isList = field.list === true;
  if (!isId && !isList && kinds.includes(field.kind)) return [];
  const kind = isId ? 'reference' : field.kind;
  return [
    {
      pointer: at,
      detail: `${word} needs a field of kind ${kinds.join(', ')}, but ${name} is ${isList ? 'a list' : `of kind ${kind}`}`,
    },
  ];
};
