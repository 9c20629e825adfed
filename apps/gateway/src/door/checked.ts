import { Failure, type Check, type FailureCode, type Violation } from '@nightshift/contracts';

/** How many violations a detail names; all of them are in `errors`. */
const NAMED_MAX = 5;

/** The violations as one sentence: `/count must be integer; /name is required`. */
export const inWords = (violations: readonly Violation[]): string => {
  const named = violations.slice(0, NAMED_MAX).map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
  const more = violations.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more` : '');
};

/** The violations with their places seen from further out: `/count` within `parameters` is `/parameters/count`. */
export const within = (place: string, violations: readonly Violation[]): Violation[] =>
  violations.map((violation) => ({ ...violation, pointer: place + violation.pointer }));

export const refusal = (code: FailureCode, errors: Violation[]): Failure =>
  new Failure(code, { detail: inWords(errors), errors });

/** The value as its schema has it. @throws Failure of the code, naming everything that is wrong */
export const checked = <T>(check: Check<T>, value: unknown, code: FailureCode = 'request.invalid'): T => {
  const result = check(value);
  if (!result.ok) throw refusal(code, result.violations);
  return result.value;
};
