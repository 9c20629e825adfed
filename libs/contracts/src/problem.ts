import { Type, type Static } from 'typebox';

/**
 * RFC 9457 (formerly 7807) problem details: the one shape of every error that a user sees, over HTTP and in run events.
 * `code` is stable and documented in `docs/failures.md`; `title` and `detail` are for people and may change.
 */
export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  /** Where: a JSON Pointer into the workflow document for a step's fault, a path for an HTTP request. */
  instance: Type.Optional(Type.String()),
  /** The step that failed first: of the called run, if the failure came up from one. */
  step: Type.Optional(Type.String()),
  /** Every single thing that is wrong with the input. */
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        /** JSON Pointer into the input. */
        pointer: Type.String(),
        detail: Type.String(),
        /** The nearest right word, if there is one. */
        suggestion: Type.Optional(Type.String()),
      }),
    ),
  ),
});

export type Problem = Static<typeof ProblemSchema>;

/** One thing that is wrong with an input, and where. */
export type Violation = NonNullable<Problem['errors']>[number];
