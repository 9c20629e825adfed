import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';
import { makeLinearRegex, SEARCH_WORK_MAX } from './linear-regex.ts';
import type { Violation } from './problem.ts';

/** More of what is wrong helps nobody, and a body could hold a hundred thousand mistakes. */
const VIOLATIONS_MAX = 100;

/** What is left of the work that patterns may do in one check. */
interface Budget {
  work: number;
}

/**
 * Users' patterns are matched with what anybody sends, so in time linear in the text, and with no more work in one check than it has: what
 * is too long does not match.
 * @throws if the pattern has a lookaround or a back-reference, which need another kind of engine
 */
const linearPatterns = (budget: Budget) =>
  Object.assign(
    (pattern: string, flags: string) => {
      const regex = makeLinearRegex(pattern, flags);
      const test = (text: string): boolean => {
        budget.work -= regex.steps * text.length;
        return budget.work >= 0 && regex.test(text);
      };
      // ajv knows patterns by their text.
      return { test, toString: () => `/${pattern}/` };
    },
    // What ajv would write if it wrote its checks to files.
    { code: 'linearPattern' },
  );

/** @param budget of a user's schema, whose defaults are filled in */
const makeAjv = (budget?: Budget): Ajv2020 => {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    allErrors: true,
    useDefaults: budget !== undefined,
    allowUnionTypes: true,
    ...(budget && { code: { regExp: linearPatterns(budget) as never } }),
  });
  // The default export of ajv-formats is typed for CommonJS only.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  return ajv;
};

const ownAjv = makeAjv();

/** What is wrong with a value: nothing, or every violation with its place. */
export type Check<T> = (value: unknown) => { ok: true; value: T } | { ok: false; violations: Violation[] };

const toViolation = (error: ErrorObject): Violation => {
  const place = error.instancePath;
  switch (error.keyword) {
    case 'required':
      return { pointer: `${place}/${String(error.params['missingProperty'])}`, detail: 'is required' };
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(error.params['additionalProperty'] ?? error.params['unevaluatedProperty']);
      return { pointer: `${place}/${key}`, detail: 'is not a known key' };
    }
    case 'enum':
      return { pointer: place, detail: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
    default:
      return { pointer: place, detail: error.message ?? 'is not valid' };
  }
};

const toCheck =
  <T>(validate: ValidateFunction): Check<T> =>
  (value) =>
    validate(value)
      ? { ok: true, value: value as T }
      : { ok: false, violations: (validate.errors ?? []).slice(0, VIOLATIONS_MAX).map(toViolation) };

/** Compiles one of our own schemas. Done once, where a module loads. */
export const compileSchema = <S extends TSchema>(schema: S): Check<Static<S>> => toCheck(ownAjv.compile(schema));

/**
 * Compiles a JSON Schema that a user wrote (2020-12), with `default`s filled in.
 * The compiled check changes the value it is given: defaults are added to it.
 * @throws Error with ajv's reason if it is not a valid JSON Schema
 */
export const compileUserSchema = (schema: object): Check<unknown> => {
  // A schema of its own instance: users' `$id`s must not meet, and a dropped workflow must be collectable.
  // The schema itself is checked first, by patterns too.
  const budget: Budget = { work: SEARCH_WORK_MAX };
  const check = toCheck(makeAjv(budget).compile(schema));
  return (value) => {
    budget.work = SEARCH_WORK_MAX;
    return check(value);
  };
};
