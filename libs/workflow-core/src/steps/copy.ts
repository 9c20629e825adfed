import type { TypeDefinition, Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkFields } from '../document/check-fields.ts';
import { checkType } from '../document/check-type.ts';
import { checkWhich } from '../document/check-which.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isObject } from '../document/json-object.ts';
import { asInput, type Action, nameOf } from './action.ts';
import { describe, refuse } from './refusal.ts';
import type { Place, StepKind } from './step-kind.ts';
import { FlexibleRecordSchema } from './text-or-expression.ts';
import { thingId } from './thing-id.ts';
import { whichThings, whichThingsOf } from './which-things.ts';

/**
 * Creates new things with the fields of others, except for what `fields` says: of one thing, of those in `list` (things or ids), or of
 * those that `where` finds. The result is `{ copied, ids }`: how many, and the new things' ids. An id
 * that an expression does not give copies nothing.
 *
 * ```yaml
 * - again:
 *     copy:
 *       type: order
 *       id: =parameters.order
 *       fields: { status: open }
 * ```
 */
export const copy = {
  schema: Type.Object(
    {
      type: Type.String(),
      id: Type.Optional(Type.String()),
      ...whichThings,
      fields: Type.Optional(FlexibleRecordSchema),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  nullIn: ['id', 'where'],
  check: (action, place) => [
    ...checkType(action, place),
    ...checkWhich(['id', 'list', 'where'], action, place),
    ...checkFields(action, place, 'change'),
    ...checkUnique(action, place),
  ],
  resultShape: () => ({ description: 'the result of a copy', fields: { copied: undefined, ids: undefined } }),
  prepare: (given) => {
    const input = asInput(given);
    const { fields } = input;
    if (fields !== undefined && !isObject(fields))
      return refuse(`fields must be an object, but is ${describe(fields)}`);
    const id = 'id' in input ? thingId(input['id']) : undefined;
    if (typeof id === 'object') return id;
    const things = id === undefined ? whichThingsOf(input) : { which: { ids: [id] } };
    if ('problem' in things) return things;
    return {
      kind: 'data',
      request: { action: 'copy', type: nameOf(input['type']), ...things.which, ...(fields && { fields }) },
    };
  },
} as const satisfies StepKind;

/** A unique field that is never empty cannot be copied as it is. */
const checkUnique = (action: Action, { pointer, types }: Place): Violation[] => {
  const type: TypeDefinition | undefined = types.get(nameOf(action['type']));
  const fields: unknown = action['fields'] ?? {};
  if (!type || !isObject(fields)) return [];
  return Object.entries(type.fields)
    .filter(([name, field]) => field.unique && field.required && !Object.hasOwn(fields, name))
    .map(([name]) => ({
      pointer: appendPointer(appendPointer(pointer, 'fields'), name),
      detail: `is required: ${name} is unique in the type ${type.name}, and a copy needs another value`,
    }));
};
