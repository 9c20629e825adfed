import type { FieldOperations } from '@nightshift/contracts';
import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { asList, type Input } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

const list = orExpression(Type.Array(Type.Unknown()));

/** What an action may do to the fields of things. Everything but `fields` is computed by the database from the value at that moment. */
export const fieldChanges = {
  fields: Type.Optional(FlexibleRecordSchema),
  /** One value to a list, unless it is there already; from a list. */
  add: Type.Optional(FlexibleRecordSchema),
  remove: Type.Optional(FlexibleRecordSchema),
  addList: Type.Optional(orExpression(Type.Record(Type.String(), list))),
  removeList: Type.Optional(orExpression(Type.Record(Type.String(), list))),
  /** A list becomes empty, anything else null. */
  clear: Type.Optional(orExpression(Type.Array(Type.String()))),
  increment: Type.Optional(orExpression(Type.Record(Type.String(), orExpression(Type.Number())))),
};

export type ChangeWord = keyof typeof fieldChanges;

export const changeWords = Object.keys(fieldChanges) as ChangeWord[];

export type FieldChanges = { fields?: Record<string, unknown> } & FieldOperations;

/**
 * The changes as expressions gave them. A field that is given nothing stays as it is; in all words but `fields`, null is nothing too. Where
 * a list is asked for, one value is a list of one.
 */
export const fieldChangesOf = (input: Input): { changes: FieldChanges } | Refused => {
  const changes: Record<string, unknown> = {};
  const changedBy = new Map<string, ChangeWord>();
  for (const word of changeWords) {
    const given = input[word];
    if (given === undefined) continue;
    const read = word === 'clear' ? namesIn(given) : valuesIn(word, given);
    if ('problem' in read) return read;
    for (const name of read.names) {
      const earlier = changedBy.get(name);
      if (earlier !== undefined)
        return refuse(`${name} is in ${earlier} and in ${word}; a field takes one change at a time`);
      changedBy.set(name, word);
    }
    if (word === 'fields' || read.names.length > 0) changes[word] = read.value;
  }
  return { changes: changes as FieldChanges };
};

type Read = { names: string[]; value: unknown } | Refused;

const namesIn = (given: unknown): Read => {
  const names = asList(given);
  return names.every((name) => typeof name === 'string')
    ? { names, value: names }
    : refuse('clear must be a list of field names');
};

const valuesIn = (word: Exclude<ChangeWord, 'clear'>, given: unknown): Read => {
  if (word === 'fields')
    return isObject(given) ? { names: Object.keys(given), value: given } : mustBeObject(word, given);
  if (given === null) return { names: [], value: {} };
  if (!isObject(given)) return mustBeObject(word, given);
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  if (word === 'increment') {
    const wrong = entries.find(([, value]) => typeof value !== 'number');
    if (wrong) return refuse(`increment.${wrong[0]} must be a number, but is ${describe(wrong[1])}`);
  }
  const isOfLists = word === 'addList' || word === 'removeList';
  return {
    names: entries.map(([name]) => name),
    value: Object.fromEntries(isOfLists ? entries.map(([name, value]) => [name, asList(value)]) : entries),
  };
};

const mustBeObject = (word: ChangeWord, given: unknown): Refused =>
  refuse(`${word} must be an object, but is ${describe(given)}`);
