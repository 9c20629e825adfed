import { Type } from 'typebox';
import type { StepKind } from './step-kind.ts';

/**
 * Gives a value a name. The result is the value; a text that begins with `==` is meant literally, without the first `=`.
 *
 * ```yaml
 * - greeting:
 *     set:
 *       text: ='Hello ' & user.firstName
 *       urgent: false
 * ```
 */
export const set = {
  schema: Type.Unknown(),
  isRecorded: false,
  announcesStart: false,
  isTransactional: true,
  check: () => [],
  resultShape: () => undefined,
  prepare: (input) => ({ kind: 'value', value: input }),
} as const satisfies StepKind;
