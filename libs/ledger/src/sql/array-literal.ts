/**
 * Postgres array literals, built here because a batch passes a dozen arrays and the client's own conversion looks
 * at the type of every element.
 */

/** For values that need no quoting: UUIDs, numbers, ISO times, booleans, lower-case words. */
export const plainArray = (values: readonly (string | number | boolean | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;

const special = /["\\]/g;

/** For any text: JSON, names. */
export const textArray = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(special, '\\$&')}"`)).join(',')}}`;
