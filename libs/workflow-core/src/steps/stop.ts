import { Type } from 'typebox';
import { asInput } from './action.ts';
import type { StepKind } from './step-kind.ts';

/**
 * Ends the run here, with success. It returns what the step says, and nothing if it says nothing: the workflow's own `return` does
 * not count then.
 *
 * ```yaml
 * - done:
 *     if: $not($exists(user))
 *     stop: { return: { sent: false } }
 * ```
 */
export const stop = {
  schema: Type.Object({ return: Type.Optional(Type.Unknown()) }, { additionalProperties: false }),
  isRecorded: false,
  announcesStart: false,
  check: () => [],
  resultShape: () => undefined,
  prepare: (input) => {
    const { return: result } = asInput(input);
    return { kind: 'stop', ...(result !== undefined && { result }) };
  },
} as const satisfies StepKind;
