import type { Problem } from '@nightshift/contracts';
import { Type, type Static } from 'typebox';
import { StepsSchema } from '../blocks/steps-schema.ts';
import { RetrySchema } from './retry.ts';

const oneOrSeveral = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Array(schema, { minItems: 1 })]);

/**
 * What takes the failure of the step beside it: `errors` says which (all if absent), `retry` tries again first, `do` is what happens then.
 * The run goes on after the step, whose result is that of the last step of `do`.
 *
 * ```yaml
 * catch:
 *   errors: { type: http.*, status: [502, 503] }
 *   retry: { delay: { seconds: 5 }, limit: { attempts: 3 } }
 *   do:
 *     - note: { log: =error.title }
 * ```
 */
export const CatchSchema = Type.Object(
  {
    errors: Type.Optional(
      Type.Object(
        {
          /** The error's code, as in `http.status`; `http.*` is every one that begins so. */
          type: Type.Optional(oneOrSeveral(Type.String({ pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*(\\.\\*)?$' }))),
          status: Type.Optional(oneOrSeveral(Type.Integer({ minimum: 100, maximum: 599 }))),
        },
        { additionalProperties: false, minProperties: 1 },
      ),
    ),
    retry: Type.Optional(RetrySchema),
    do: Type.Optional(StepsSchema),
  },
  { additionalProperties: false },
);
export type Catch = Static<typeof CatchSchema>;

/** Whether a `catch` with these `errors` takes the failure. */
export const takesFailure = (errors: Catch['errors'], { code, status }: Problem): boolean => {
  if (errors === undefined) return true;
  const { type, status: statuses } = errors;
  return (
    (type === undefined || listOf(type).some((pattern) => isOfType(code, pattern))) &&
    (statuses === undefined || listOf(statuses).includes(status))
  );
};

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

const isOfType = (code: string, pattern: string): boolean =>
  pattern.endsWith('.*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
