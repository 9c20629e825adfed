import { CloudEventSchema, compileSchema } from '@nightshift/contracts';
import { describe, refuse, type Refused } from './refusal.ts';

const checkKey = compileSchema(CloudEventSchema.properties.source);

/** What an event is found by, its type or its subject, as an expression gave it. A number is taken as text. */
export const eventKey = (value: unknown, name: string): string | Refused => {
  const key = typeof value === 'number' ? String(value) : value;
  if (typeof key !== 'string' || key === '')
    return refuse(`${name} must be a text or a number, but is ${describe(value)}`);
  const checked = checkKey(key);
  return checked.ok ? key : refuse(`${name} ${checked.violations[0]?.detail ?? 'is not valid'}`);
};
