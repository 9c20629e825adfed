import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput } from './action.ts';
import { eventKey } from './event-key.ts';
import { describe, refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';

const eventType = /^(?=.{1,200}$)[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/;
const typeRule = 'must be lower-case words joined by dots, as in order.paid, at most 200 characters';

/**
 * Says that something happened: workflows that wait for an event of this type with this subject go on, and those that such events trigger
 * start. The event is out when the step is committed, exactly once. The result
 * is `{ id }`, the event's.
 *
 * ```yaml
 * - paid:
 *     emit:
 *       type: order.paid
 *       subject: =order.id
 *       data: { total: =order.total }
 * ```
 */
export const emit = {
  schema: Type.Object(
    { type: Type.String(), subject: Type.Optional(Type.String()), data: Type.Optional(Type.Unknown()) },
    { additionalProperties: false },
  ),
  isRecorded: false,
  announcesStart: false,
  check: ({ type }, { pointer }) =>
    typeof type !== 'string' || !isWrittenOut(type) || eventType.test(type)
      ? []
      : [{ pointer: appendPointer(pointer, 'type'), detail: typeRule }],
  resultShape: () => ({ description: 'an emitted event', fields: { id: undefined } }),
  prepare: (input) => {
    const { type, subject, data } = asInput(input);
    if (typeof type !== 'string') return refuse(`type must be a text, but is ${describe(type)}`);
    if (!eventType.test(type)) return refuse(`type ${typeRule}`);
    const key = subject === undefined || subject === null ? undefined : eventKey(subject, 'subject');
    if (typeof key === 'object') return key;
    return {
      kind: 'emit',
      event: { type, ...(key !== undefined && { subject: key }), ...(data !== undefined && { data }) },
    };
  },
} as const satisfies StepKind;
