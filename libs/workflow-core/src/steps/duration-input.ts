import { compileSchema, DurationSchema, type Duration } from '@nightshift/contracts';

const checkDuration = compileSchema(DurationSchema);

/** The value as a duration, or undefined if it is none. */
export const asDuration = (value: unknown): Duration | undefined => {
  const checked = checkDuration(value);
  return checked.ok ? checked.value : undefined;
};
