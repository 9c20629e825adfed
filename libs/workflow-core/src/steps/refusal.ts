import { Failure, type FailureCode, type Problem } from '@nightshift/contracts';

/** The step cannot be performed with the input that its expressions gave. Trying again gives the same. */
export interface Refused {
  kind: 'refused';
  problem: Problem;
}

/** A refusal as a value. `detail` says which input was wrong, and how. */
export const refuse = (detail: string, code: FailureCode = 'request.invalid'): Refused => ({
  kind: 'refused',
  problem: new Failure(code, { detail }).toProblem(),
});

/** How a value that does not fit is named in a refusal: without showing it, because it may be secret. */
export const describe = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return value === '' ? 'an empty text' : `a ${typeof value}`;
};
