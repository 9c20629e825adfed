/**
 * Whether a condition's value means yes, as JSONata's `$boolean` sees it: not for missing, null, false, 0, an empty text, an
 * empty object, or a list of nothing but those.
 */
export const isMet = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(isMet);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
};
