import { Type } from 'typebox';
import { checkType } from '../document/check-type.ts';
import { checkWhich } from '../document/check-which.ts';
import { thingShape } from '../document/shape.ts';
import { asInput, nameOf } from './action.ts';
import type { StepKind } from './step-kind.ts';
import { thingId } from './thing-id.ts';
import { whichThings, whichThingsOf } from './which-things.ts';

/**
 * Deletes a thing, those in `list` (things or ids), or those that `where` finds; an empty `where: {}` means every thing of the type. The
 * result is the thing as it was, or null if there was none; of many, it is `{ deleted }`, how many there were. With `strict`, nothing to delete is a failure.
 *
 * ```yaml
 * - gone:
 *     delete:
 *       type: order
 *       id: =trigger.now.id
 * - old: { delete: { type: order, where: { status: expired } } }
 * ```
 */
export const deleteStep = {
  schema: Type.Object(
    {
      type: Type.String(),
      id: Type.Optional(Type.String()),
      ...whichThings,
      strict: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  nullIn: ['id', 'where'],
  check: (action, place) => [...checkType(action, place), ...checkWhich(['id', 'list', 'where'], action, place)],
  resultShape: (action, types) =>
    action['id'] === undefined
      ? { description: 'the result of a deletion of many', fields: { deleted: undefined } }
      : thingShape(types.get(nameOf(action['type']))),
  prepare: (given) => {
    const input = asInput(given);
    const type = nameOf(input['type']);
    const strictness = input['strict'] === true && { isStrict: true };
    if ('id' in input) {
      const id = thingId(input['id']);
      return typeof id === 'string' ? { kind: 'data', request: { action: 'delete', type, id }, ...strictness } : id;
    }
    const things = whichThingsOf(input);
    if ('problem' in things) return things;
    return { kind: 'data', request: { action: 'deleteList', type, ...things.which }, ...strictness };
  },
} as const satisfies StepKind;
