type Schema = { type?: unknown; items?: unknown };
type QueryValue = string | string[] | undefined;

const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

const typesOf = ({ type }: Schema): unknown[] => (Array.isArray(type) ? type : [type]);

const coerceOne = (text: string, types: readonly unknown[]): unknown => {
  if ((types.includes('number') || types.includes('integer')) && number.test(text)) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('null') && text === '') return null;
  if (types.includes('object')) return asJson(text);
  return text;
};

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const coerce = (value: string | string[], schema: Schema): unknown => {
  const types = typesOf(schema);
  if (types.includes('array')) {
    const items = (schema.items ?? {}) as Schema;
    return [value].flat().map((item) => coerceOne(item, typesOf(items)));
  }
  return typeof value === 'string' ? coerceOne(value, types) : value;
};

/**
 * A query string's values as the types that the schema's properties ask for. Text that is not of the type stays text, for the check to
 * refuse; what the schema does not name stays text too.
 */
export const coerceQuery = (
  query: Readonly<Record<string, QueryValue>>,
  schema: object | undefined,
): Record<string, unknown> => {
  const properties = ((schema ?? {}) as { properties?: Record<string, Schema> }).properties ?? {};
  const coerced: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value !== undefined) coerced[name] = property === undefined ? value : coerce(value, property);
  }
  return coerced;
};
