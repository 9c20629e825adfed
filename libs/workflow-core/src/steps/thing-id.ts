import { describe, refuse, type Refused } from './refusal.ts';

/** The id of a thing as an expression gave it, or why it is none. */
export const thingId = (id: unknown): string | Refused =>
  typeof id === 'string' && id !== '' ? id : refuse(`id must be the id of a thing, but is ${describe(id)}`);
