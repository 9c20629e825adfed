import { describe, refuse, type Refused } from './refusal.ts';

/** A text that may be left out. Null is nothing: an empty field of a thing is null. */
export const textInput = (value: unknown, name: string): string | undefined | Refused => {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : refuse(`${name} must be a text, but is ${describe(value)}`);
};

/** Any value as text: a text as it is, everything else as JSON, nothing as nothing. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/**
 * Whether a text can stand in a header, an address or a subject. A line break would begin a header of its own; other control characters
 * but the tab are refused by those who read headers.
 */
export const isOneLine = (text: string): boolean => !/[^\P{Cc}\t]|[\u2028\u2029]/u.test(text);
