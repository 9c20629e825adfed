import { WHERE_MOST_DEPTH, type Where } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';
import { asList } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';

/** Each level of a condition is at most three of JSON: `and`, its list, the object in it. */
const MOST_NESTED = 3 * WHERE_MOST_DEPTH;

/** A condition on things as expressions gave it: what must be a list is one, however many things there are. */
export const whereInput = (where: unknown): { where: Where } | Refused => {
  if (!isObject(where)) return refuse(`where must be an object, but is ${describe(where)}`);
  if (isNestedDeeper(where, MOST_NESTED)) return refuse(`where is nested deeper than ${WHERE_MOST_DEPTH}`);
  return { where: withLists(where) };
};

/** Level by level, so that no depth is too much for it. */
const isNestedDeeper = (value: unknown, most: number): boolean => {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
};

type Entries = Record<string, unknown>;

const mapped = (value: Entries, map: (value: unknown, key: string) => unknown): Entries =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, map(one, key)]));

const withLists = (where: Entries): Entries =>
  mapped(where, (value, key) => {
    if (key === 'and' || key === 'or') return asList(value).map((part) => (isObject(part) ? withLists(part) : part));
    if (key === 'not') return isObject(value) ? withLists(value) : value;
    if (!isObject(value)) return value;
    // A key with a dot is about the things that refer to one.
    return key.includes('.')
      ? mapped(value, (part) => (isObject(part) ? withLists(part) : part))
      : conditionWithLists(value);
  });

const conditionWithLists = (condition: Entries): Entries =>
  mapped(condition, (operand, operator) => {
    switch (operator) {
      case 'in':
      case 'notIn':
      case 'hasAll':
        return asList(operand);
      case 'is':
        return isObject(operand) ? withLists(operand) : operand;
      case 'any':
      case 'all':
      case 'none':
        return isObject(operand) ? conditionWithLists(operand) : operand;
      default:
        return operand;
    }
  });
