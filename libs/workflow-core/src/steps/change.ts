import { Type } from 'typebox';
import { checkChanges } from '../document/check-changes.ts';
import { checkType } from '../document/check-type.ts';
import { thingShape } from '../document/shape.ts';
import { asInput, nameOf } from './action.ts';
import { fieldChanges, fieldChangesOf } from './field-changes.ts';
import type { StepKind } from './step-kind.ts';
import { thingId } from './thing-id.ts';

/**
 * Changes a thing. The result is the thing as it is then, or null if there is none; with `strict`, that is a failure. `fields` sets fields:
 * one whose expression gives nothing stays as it is, null empties it. `add`, `remove`, `addList` and `removeList` change lists in fields
 * of kind json, `clear` empties fields, and `increment` adds to numbers, so that none of many changes at the same time is lost.
 *
 * ```yaml
 * - mark:
 *     change:
 *       type: user
 *       id: =user.id
 *       fields: { welcomedAt: =$now() }
 *       add: { tags: welcomed }
 *       increment: { letters: 1 }
 * ```
 */
export const change = {
  schema: Type.Object(
    { type: Type.String(), id: Type.String(), ...fieldChanges, strict: Type.Optional(Type.Boolean()) },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  check: (action, place) => [...checkType(action, place), ...checkChanges(action, place)],
  resultShape: (action, types) => thingShape(types.get(nameOf(action['type']))),
  prepare: (given) => {
    const input = asInput(given);
    const id = thingId(input['id']);
    if (typeof id !== 'string') return id;
    const read = fieldChangesOf(input);
    if ('problem' in read) return read;
    return {
      kind: 'data',
      request: { action: 'change', type: nameOf(input['type']), id, ...read.changes },
      ...(input['strict'] === true && { isStrict: true }),
    };
  },
} as const satisfies StepKind;
