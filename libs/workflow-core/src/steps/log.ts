import { Type } from 'typebox';
import { isObject } from '../document/json-object.ts';
import { refuse } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { asText } from './text-input.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

/**
 * Writes an entry into the run's history, at level `info` unless it says another. What is no text is written as JSON: a log does not fail
 * over what it is given. There is no result.
 *
 * ```yaml
 * - note: { log: ='Order ' & order.number & ' was paid' }
 * - odd:  { log: { level: warn, message: No address, data: =order } }
 * ```
 */
export const log = {
  schema: Type.Union([
    Type.String(),
    Type.Object(
      {
        message: Type.String(),
        level: Type.Optional(orExpression(Type.Enum([...levels]))),
        data: Type.Optional(Type.Unknown()),
      },
      { additionalProperties: false },
    ),
  ]),
  isRecorded: false,
  announcesStart: false,
  check: () => [],
  resultShape: () => undefined,
  prepare: (input) => {
    const isForm = isObject(input) && Object.keys(input).every((key) => ['message', 'level', 'data'].includes(key));
    const { message, level = 'info', data } = isForm ? input : { message: input };
    if (!levels.includes(level as Level)) return refuse(`level must be one of ${levels.join(', ')}`);
    return {
      kind: 'log',
      level: level as Level,
      message: asText(message),
      ...(data !== undefined && { data }),
    };
  },
} as const satisfies StepKind;
