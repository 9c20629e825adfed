import { builtInFields, type Field, type TypeDefinition, type Violation } from '@nightshift/contracts';
import type { Place } from '../steps/step-kind.ts';
import { unknownWord } from './violation.ts';

/** The fields of a type, those that every thing has among them. */
export const fieldsOf = (type: TypeDefinition): Record<string, Field> => ({ ...builtInFields, ...type.fields });

export const fieldOf = (type: TypeDefinition, name: string): Field | undefined => {
  const fields = fieldsOf(type);
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
};

/**
 * A field, or one beyond references: `project.owner.name`. Undefined where the way leads to a type that is not known here: the data service is
 * the one to say what is there.
 */
export const fieldAt = (
  types: Place['types'],
  type: TypeDefinition,
  path: string,
  pointer: string,
): { field: Field } | { violation: Violation } | undefined => {
  const [name, ...rest] = fieldOf(type, path) === undefined ? (path.split('.') as [string, ...string[]]) : [path];
  const field = fieldOf(type, name);
  if (field === undefined) {
    const detail = `the type ${type.name} has no field ${name}`;
    return { violation: unknownWord(pointer, detail, name, Object.keys(fieldsOf(type))) };
  }
  if (rest.length === 0) return { field };
  if (field.kind !== 'reference' || field.list === true)
    return {
      violation: { pointer, detail: `${name} of the type ${type.name} is no reference, so nothing is beyond it` },
    };
  const target = field.type === undefined ? undefined : types.get(field.type);
  return target && fieldAt(types, target, rest.join('.'), pointer);
};
