import { Type } from 'typebox';
import { answerOf, checkAnswer } from './answer-input.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

/** What an answer to the caller of an endpoint consists of, but for its body. */
export const answerParts = {
  status: Type.Optional(orExpression(Type.Integer({ minimum: 200, maximum: 599 }))),
  type: Type.Optional(Type.String()),
  redirect: Type.Optional(Type.String()),
  headers: Type.Optional(FlexibleRecordSchema),
};

/**
 * Answers whoever called the workflow's endpoint, and goes on: the caller is told as soon as this is durable. The first answer counts;
 * where nobody waits it is only recorded. There is no result.
 *
 * ```yaml
 * - taken: { respond: { status: 202, body: { order: =order.id } } }
 * - page:  { respond: { redirect: ='/orders/' & order.id } }
 * ```
 */
export const respond = {
  schema: Type.Object({ ...answerParts, body: Type.Optional(Type.Unknown()) }, { additionalProperties: false }),
  isRecorded: false,
  announcesStart: false,
  check: (action, { pointer }) => checkAnswer(action, pointer),
  resultShape: () => undefined,
  prepare: (input) => {
    const answer = answerOf(input);
    return 'problem' in answer ? answer : { kind: 'respond', answer };
  },
} as const satisfies StepKind;
