/** A date with time and zone, as RFC 3339 has it. */
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/;

/** The moment in UTC, `2026-01-31T09:00:00.000Z`, or undefined if the value is not a date with time and zone. */
export const asDateTime = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || !dateTime.test(value)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};
