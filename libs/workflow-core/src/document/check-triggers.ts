import { builtInFields, type Json, type TypeDefinition, type Violation } from '@nightshift/contracts';
import { compileTemplate } from '../expressions/template.ts';
import { checkCondition } from './check-condition.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import { checkSchema } from './check-schema.ts';
import { EventTriggerSchema, TriggerSchema } from './document-schema.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { changeFields, eventShape } from './shape.ts';
import { unknownWord } from './violation.ts';

/** Triggers must watch what exists, and say nothing that could never be so. */
export const checkTriggers = (triggers: unknown, types: ReadonlyMap<string, TypeDefinition>): Violation[] => {
  if (!Array.isArray(triggers)) return [];
  return triggers.flatMap((trigger: unknown, index) => {
    const pointer = appendPointer('/triggers', index);
    if (!isObject(trigger)) return [{ pointer, detail: 'must be an object' }];
    if ('event' in trigger) return checkEventTrigger(trigger, pointer);
    const { change: name, when } = trigger;
    const violations = checkSchema(TriggerSchema, trigger, pointer);
    const type = types.get(String(name));
    if (typeof name === 'string' && !type)
      violations.push(unknownWord(`${pointer}/change`, `there is no type ${name}`, name, types.keys()));
    violations.push(...checkWatchedFields(trigger, pointer, type));
    const names = new Map(Object.entries(changeFields(type)));
    if (typeof when === 'string') violations.push(...checkCondition(when, `${pointer}/when`, names));
    violations.push(...checkGiven(trigger['parameters'], `${pointer}/parameters`, names));
    return violations;
  });
};

const checkEventTrigger = (trigger: Record<string, unknown>, pointer: string): Violation[] => {
  const { when, parameters } = trigger;
  const names = new Map([['event', eventShape]]);
  return [
    ...checkSchema(EventTriggerSchema, trigger, pointer),
    ...(typeof when === 'string' ? checkCondition(when, `${pointer}/when`, names) : []),
    ...checkGiven(parameters, `${pointer}/parameters`, names),
  ];
};

const checkGiven = (parameters: unknown, pointer: string, names: NamesInScope): Violation[] => {
  if (!isObject(parameters)) return [];
  const { violations, expressions } = compileTemplate(parameters as Json, pointer);
  return [...violations, ...checkExpressions(expressions, names)];
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
