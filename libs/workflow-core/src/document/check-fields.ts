import { builtInFields, type Field, type TypeDefinition, type Violation } from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import type { Action } from '../steps/action.ts';
import type { Place } from '../steps/step-kind.ts';
import { checkValue } from './check-value.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

/**
 * The names in an action's `fields` must be fields of its type, and values that are written out must fit them; a new thing needs those
 * that are required.
 */
export const checkFields = (action: Action, { pointer, types }: Place, purpose: 'create' | 'change'): Violation[] => {
  const type = types.get(String(action['type']));
  const given: unknown = action['fields'] ?? {};
  if (!type || !isObject(given)) return [];
  const place = appendPointer(pointer, 'fields');

  const violations = Object.entries(given).flatMap(([name, value]) => {
    if (purpose === 'create' && name === 'id') return [];
    const at = appendPointer(place, name);
    const found = changeableField(type, name, at);
    return 'violation' in found ? [found.violation] : checkValue(value, found.field, at);
  });
  if (purpose === 'create') {
    for (const [name, field] of Object.entries(type.fields)) {
      if (field.required && field.default === undefined && !Object.hasOwn(given, name))
        violations.push({ pointer: appendPointer(place, name), detail: `is required by the type ${type.name}` });
    }
  }
  return violations;
};

/** The field of the type that an action changes, or why there is none that it could change. */
export const changeableField = (
  type: TypeDefinition,
  name: string,
  pointer: string,
): { field: Field } | { violation: Violation } => {
  const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
  if (field) return { field };
  return {
    violation: Object.hasOwn(builtInFields, name)
      ? { pointer, detail: 'is kept by Nightshift and cannot be set' }
      : unknownWord(pointer, `the type ${type.name} has no field ${name}`, name, Object.keys(type.fields)),
  };
};
