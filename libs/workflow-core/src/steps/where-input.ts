import type { Where } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';
import { asList } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';

/** A condition on things as expressions gave it: the operands of `in`, `and` and `or` as lists, however many things there are. */
export const whereInput = (where: unknown): { where: Where } | Refused =>
  isObject(where) ? { where: withLists(where) } : refuse(`where must be an object, but is ${describe(where)}`);

const withLists = (where: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(where).map(([key, value]) => {
      if (key === 'and' || key === 'or')
        return [key, asList(value).map((part) => (isObject(part) ? withLists(part) : part))];
      if (key === 'not') return [key, isObject(value) ? withLists(value) : value];
      return [key, isObject(value) && 'in' in value ? { ...value, in: asList(value['in']) } : value];
    }),
  );
