import type { Json, Violation } from '@nightshift/contracts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { checkWhere } from './check-where.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';

/** Which things an action is about: exactly one of the words that it has for that, and the fields of a `where`. */
export const checkWhich = (words: readonly string[], action: Action, place: Place): Violation[] => {
  const { list, where } = action;
  return [
    ...checkOneOf(words, action, place.pointer),
    ...checkEntries(list, appendPointer(place.pointer, 'list')),
    ...checkWhere(where, action, place),
    ...checkNoEmptyPart(where, appendPointer(place.pointer, 'where')),
  ];
};

/** Exactly one of these keys must be there. */
export const checkOneOf = (words: readonly string[], action: Action, pointer: string): Violation[] => {
  const given = words.filter((word) => action[word] !== undefined);
  if (given.length === 1) return [];
  return [
    {
      pointer,
      detail:
        given.length === 0
          ? `needs one of ${words.join(', ')}`
          : `may have one of ${words.join(', ')}, but has ${given.join(' and ')}`,
    },
  ];
};

const checkEntries = (list: Json | undefined, pointer: string): Violation[] =>
  (Array.isArray(list) ? list : []).flatMap((entry, index) =>
    (typeof entry === 'string' && entry !== '') || isObject(entry)
      ? []
      : [{ pointer: appendPointer(pointer, index), detail: 'must be a thing or its id' }],
  );

/** Only a `where` that is empty as a whole means everything on purpose. */
const checkNoEmptyPart = (where: unknown, pointer: string): Violation[] =>
  (isObject(where) ? ['and', 'or', 'not'] : []).flatMap((word) => {
    const part = (where as Record<string, unknown>)[word];
    const at = appendPointer(pointer, word);
    const parts: [unknown, string][] = Array.isArray(part)
      ? part.map((entry: unknown, index) => [entry, appendPointer(at, index)])
      : [[part, at]];
    return parts.flatMap(([entry, place]) =>
      isObject(entry) && Object.keys(entry).length === 0
        ? [{ pointer: place, detail: 'must have a condition: an empty one finds everything' }]
        : checkNoEmptyPart(entry, place),
    );
  });
