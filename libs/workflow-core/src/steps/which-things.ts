import { WhereSchema, type Where } from '@nightshift/contracts';
import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { asList, type Input } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { orExpression } from './text-or-expression.ts';
import { whereInput } from './where-input.ts';

/**
 * Which things an action on many is about: a list of things or of their ids, or a condition. The condition is written out, values apart: what
 * an expression gives could be empty, and so mean every thing there is.
 */
export const whichThings = {
  list: Type.Optional(orExpression(Type.Array(Type.Unknown()))),
  where: Type.Optional(WhereSchema),
};

/**
 * The things that `list` or `where` name. The document holds one of the two, and an expression in `where` that gives nothing means null, so
 * that without both `list` gave nothing: no things. Null in the list is nothing too.
 */
export const whichThingsOf = (input: Input): { which: { ids: string[] } | { where: Where } } | Refused => {
  const { list, where } = input;
  if (where !== undefined) {
    const condition = whereInput(where);
    if ('problem' in condition) return condition;
    const empty = emptyPartOf(condition.where, 'where');
    return empty === undefined
      ? { which: condition }
      : refuse(`${empty} is empty, which would find everything; only an empty where as a whole is taken so`);
  }
  const ids: string[] = [];
  for (const [index, entry] of asList(list).entries()) {
    if (entry === null) continue;
    const id: unknown = isObject(entry) ? entry['id'] : entry;
    if (typeof id !== 'string' || id === '')
      return refuse(`list must hold things or their ids, but entry ${index + 1} is ${describe(entry)}`);
    ids.push(id);
  }
  return { which: { ids } };
};

/** Where a condition holds another one that is empty. */
const emptyPartOf = (where: Record<string, unknown>, name: string): string | undefined => {
  for (const word of ['and', 'or', 'not']) {
    for (const part of asList(where[word])) {
      if (!isObject(part)) continue;
      const at = `${name}.${word}`;
      const found = Object.keys(part).length === 0 ? at : emptyPartOf(part, at);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};
