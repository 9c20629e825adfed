/**
 * Whether a part of a document holds no expression, so that it can be checked before anything runs. A text that begins with `==` counts
 * as one: it stands for another text.
 */
export const isWrittenOut = (value: unknown): boolean => {
  if (typeof value === 'string') return !value.startsWith('=');
  return typeof value !== 'object' || value === null || Object.values(value).every(isWrittenOut);
};
