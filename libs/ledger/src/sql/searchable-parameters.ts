/**
 * Parameters as jsonb can hold them: NUL characters and halves of surrogate pairs, which JSON allows and Postgres does not, are
 * replaced. For searching alone; the run is executed with what was given.
 */
export const searchableParameters = (parameters: Readonly<Record<string, unknown>>): string => {
  const text = JSON.stringify(parameters);
  return doubtful.test(text) ? JSON.stringify(replaced(parameters)) : text;
};

/** How `JSON.stringify` writes what jsonb refuses; a well-formed pair of surrogates it writes as it is. */
const doubtful = /\\u(0000|d[89a-f])/;

const replaced = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(replaced);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [replaced(name), replaced(one)]));
};
