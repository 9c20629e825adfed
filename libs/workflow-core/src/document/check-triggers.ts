import { builtInFields, type TypeDefinition, type Violation } from '@nightshift/contracts';
import { checkCondition } from './check-condition.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { changeFields } from './shape.ts';
import { unknownWord } from './violation.ts';

/** Triggers must watch what exists, and say nothing that could never be so. */
export const checkTriggers = (triggers: unknown, types: ReadonlyMap<string, TypeDefinition>): Violation[] => {
  if (!Array.isArray(triggers)) return [];
  return triggers.flatMap((trigger: unknown, index) => {
    const pointer = appendPointer('/triggers', index);
    if (!isObject(trigger)) return [];
    const { change: name, when } = trigger;
    const violations: Violation[] = [];
    const type = types.get(String(name));
    if (typeof name === 'string' && !type)
      violations.push(unknownWord(`${pointer}/change`, `there is no type ${name}`, name, types.keys()));
    violations.push(...checkWatchedFields(trigger, pointer, type));
    if (typeof when === 'string')
      violations.push(...checkCondition(when, `${pointer}/when`, new Map(Object.entries(changeFields(type)))));
    return violations;
  });
};

const checkWatchedFields = (
  { fields, kinds }: Record<string, unknown>,
  pointer: string,
  type: TypeDefinition | undefined,
): Violation[] => {
  if (!Array.isArray(fields)) return [];
  const place = appendPointer(pointer, 'fields');
  if (Array.isArray(kinds) && !kinds.includes('changed'))
    return [{ pointer: place, detail: 'has no meaning without changed among kinds' }];
  if (!type) return [];
  const known = [...Object.keys(builtInFields), ...Object.keys(type.fields)];
  return fields.flatMap((field: unknown, index) =>
    typeof field !== 'string' || known.includes(field)
      ? []
      : [unknownWord(appendPointer(place, index), `the type ${type.name} has no field ${field}`, field, known)],
  );
};
