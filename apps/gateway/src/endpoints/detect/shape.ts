/** What values of one place look like: a JSON Schema, as far as samples can say. `{}`: anything. */
export interface Shape {
  type?: TypeName | TypeName[];
  format?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
}

type TypeName = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array';

/** A sample with more is no longer described in its depth, so that what is kept of it stays small. */
const DEEPEST = 12;
const KEYS_MOST = 200;
const ITEMS_MOST = 200;

const formats: readonly (readonly [format: string, pattern: RegExp])[] = [
  [
    'date-time',
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i,
  ],
  ['date', /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/],
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ['email', /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(\.[a-z\d-]+)+$/i],
  ['uri', /^https?:\/\/[^\s"<>\\^`{|}]+$/i],
];

/** Numbers as forms write them; not what only looks like one, as a postcode with a leading zero. */
const integerText = /^-?(0|[1-9]\d{0,14})$/;
const numberText = /^-?(0|[1-9]\d{0,14})\.\d{1,15}$/;

/**
 * What a value looks like. None of it is in the answer but the names of keys.
 * @param isForm its texts may stand for numbers and yes or no, as forms and queries have them
 */
export const shapeOf = (value: unknown, isForm = false, depth = 0): Shape => {
  if (value === null) return { type: 'null' };
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  if (typeof value === 'string') return isForm ? formText(value) : textShape(value);
  if (typeof value !== 'object' || depth >= DEEPEST) return {};
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MOST).map((item: unknown) => shapeOf(item, isForm, depth + 1));
    return { type: 'array', ...(items.length > 0 && { items: items.reduce(mergeShapes) }) };
  }
  const entries = Object.entries(value);
  if (entries.length > KEYS_MOST) return { type: 'object' };
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, part]) => [key, shapeOf(part, isForm, depth + 1)])),
    required: entries.map(([key]) => key).sort(),
  };
};

const textShape = (text: string): Shape => {
  const format = text.length > 2_000 ? undefined : formats.find(([, pattern]) => pattern.test(text))?.[0];
  return { type: 'string', ...(format && { format }) };
};

const formText = (text: string): Shape => {
  if (text === 'true' || text === 'false') return { type: 'boolean' };
  if (integerText.test(text)) return { type: 'integer' };
  return numberText.test(text) ? { type: 'number' } : textShape(text);
};

const typesOf = ({ type }: Shape): TypeName[] | undefined => (type === undefined ? undefined : [type].flat());

/** What fits both. Required is what both have; a format is kept where all texts have it. */
export const mergeShapes = (one: Shape, other: Shape): Shape => {
  const [mine, theirs] = [typesOf(one), typesOf(other)];
  if (mine === undefined || theirs === undefined) return {};
  const types = new Set([...mine, ...theirs]);
  if (types.has('number')) types.delete('integer');
  const merged: Shape = { type: types.size === 1 ? [...types][0]! : [...types].sort() };
  const format = onlyOf(
    one,
    other,
    'string',
    (shape) => shape.format,
    (a, b) => (a === b ? a : undefined),
  );
  if (format !== undefined) merged.format = format;
  const items = onlyOf(one, other, 'array', (shape) => shape.items, mergeOptional);
  if (items !== undefined) merged.items = items;
  const properties = onlyOf(one, other, 'object', (shape) => shape.properties, mergeProperties);
  if (properties !== undefined) merged.properties = properties;
  const required = onlyOf(
    one,
    other,
    'object',
    (shape) => shape.required,
    (a, b) => (a && b ? a.filter((key) => b.includes(key)) : undefined),
  );
  if (required !== undefined) merged.required = required;
  return merged;
};

/** A keyword that is about one type: of the shape that has the type, or of both together. */
const onlyOf = <T>(
  one: Shape,
  other: Shape,
  type: TypeName,
  read: (shape: Shape) => T | undefined,
  join: (a: T | undefined, b: T | undefined) => T | undefined,
): T | undefined => {
  const [isMine, isTheirs] = [one, other].map((shape) => typesOf(shape)!.includes(type));
  if (isMine && isTheirs) return join(read(one), read(other));
  return isMine ? read(one) : isTheirs ? read(other) : undefined;
};

/** A list without items says nothing of them. */
const mergeOptional = (one: Shape | undefined, other: Shape | undefined): Shape | undefined =>
  one && other ? mergeShapes(one, other) : (one ?? other);

const mergeProperties = (
  one: Record<string, Shape> | undefined,
  other: Record<string, Shape> | undefined,
): Record<string, Shape> | undefined => {
  if (!one || !other) return undefined;
  const merged = { ...one };
  for (const [key, shape] of Object.entries(other))
    merged[key] = Object.hasOwn(one, key) ? mergeShapes(one[key]!, shape) : shape;
  return Object.keys(merged).length > KEYS_MOST ? undefined : merged;
};
