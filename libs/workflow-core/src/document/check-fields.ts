import { builtInFields, type Violation } from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

/** The names in an action's `fields` must be fields of its type; a new thing needs those that are required. */
export const checkFields = (action: Action, { pointer, types }: Place, purpose: 'create' | 'change'): Violation[] => {
  const type = types.get(String(action['type']));
  const given: unknown = action['fields'] ?? {};
  if (!type || !isObject(given)) return [];
  const place = appendPointer(pointer, 'fields');

  const violations: Violation[] = [];
  for (const name of Object.keys(given)) {
    const at = appendPointer(place, name);
    if (Object.hasOwn(type.fields, name)) continue;
    if (Object.hasOwn(builtInFields, name)) {
      if (name !== 'id' || purpose === 'change')
        violations.push({ pointer: at, detail: 'is kept by Nightshift and cannot be set' });
    } else
      violations.push(unknownWord(at, `the type ${type.name} has no field ${name}`, name, Object.keys(type.fields)));
  }
  if (purpose === 'create') {
    for (const [name, field] of Object.entries(type.fields)) {
      if (field.required && field.default === undefined && !Object.hasOwn(given, name))
        violations.push({ pointer: appendPointer(place, name), detail: `is required by the type ${type.name}` });
    }
  }
  return violations;
};
