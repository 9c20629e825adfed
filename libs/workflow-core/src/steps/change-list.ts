import { Type } from 'typebox';
import { checkChanges } from '../document/check-changes.ts';
import { checkType } from '../document/check-type.ts';
import { checkWhich } from '../document/check-which.ts';
import { asInput, nameOf } from './action.ts';
import { fieldChanges, fieldChangesOf } from './field-changes.ts';
import type { StepKind } from './step-kind.ts';
import { whichThings, whichThingsOf } from './which-things.ts';

/**
 * Changes many things at once, all of them or none: those in `list` (things or ids), or those that `where` finds. An empty `where: {}` means
 * every thing of the type. The changes are those of `change`; the result is `{ changed }`, how many there were.
 *
 * ```yaml
 * - expired:
 *     changeList:
 *       type: order
 *       where: { status: open, dueAt: { lt: =$now() } }
 *       fields: { status: expired }
 * ```
 */
export const changeList = {
  schema: Type.Object({ type: Type.String(), ...whichThings, ...fieldChanges }, { additionalProperties: false }),
  isRecorded: true,
  announcesStart: false,
  isTransactional: true,
  nullIn: ['where'],
  check: (action, place) => [
    ...checkType(action, place),
    ...checkWhich(['list', 'where'], action, place),
    ...checkChanges(action, place),
  ],
  resultShape: () => ({ description: 'the result of a change of many', fields: { changed: undefined } }),
  prepare: (given) => {
    const input = asInput(given);
    const things = whichThingsOf(input);
    if ('problem' in things) return things;
    const read = fieldChangesOf(input);
    if ('problem' in read) return read;
    return {
      kind: 'data',
      request: { action: 'changeList', type: nameOf(input['type']), ...things.which, ...read.changes },
    };
  },
} as const satisfies StepKind;
