import { Type } from 'typebox';
import { asInput } from './action.ts';
import { eventKey } from './event-key.ts';
import type { StepKind } from './step-kind.ts';

/**
 * Waits for an event from outside, or from another workflow's `emit`: of this type, with the key as its subject. The run occupies nothing
 * meanwhile. The result is the event: `{ id, source, type, subject, time, data }`.
 *
 * ```yaml
 * - payment:
 *     waitFor: { event: order.paid, key: =order.id }
 *     timeout: { days: 3 }
 * ```
 */
export const waitFor = {
  schema: Type.Object({ event: Type.String(), key: Type.String() }, { additionalProperties: false }),
  isRecorded: true,
  announcesStart: false,
  check: () => [],
  resultShape: () => ({
    description: 'an event',
    fields: {
      id: undefined,
      source: undefined,
      type: undefined,
      subject: undefined,
      time: undefined,
      data: undefined,
    },
  }),
  prepare: (input) => {
    const given = asInput(input);
    const event = eventKey(given['event'], 'event');
    if (typeof event !== 'string') return event;
    const key = eventKey(given['key'], 'key');
    return typeof key === 'string' ? { kind: 'waitFor', event, key } : key;
  },
} as const satisfies StepKind;
