import type { Schema } from './schema.ts';

/** Keywords whose value is a schema, a list of schemas, or schemas by name. Everything else is data, whatever it looks like. */
const one = new Set([
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const listed = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const named = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);

/** They name a place that is another one within a component, or say what holds for a whole document. */
const dropped = new Set(['$anchor', '$dynamicAnchor', '$id', '$schema', '$vocabulary']);

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escaped = (key: string): string =>
  encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')).replaceAll('%24', '$');

type Visit = (schema: Schema, pointer: string, base: string) => void;

/** Where a schema without an id is; no request is ever made to it. */
const NOWHERE = 'schema:/';

const resolved = (reference: string, base: string): string => {
  try {
    return new URL(reference, base).href;
  } catch {
    return reference;
  }
};

const baseOf = ({ $id }: Schema, base: string): string => (typeof $id === 'string' ? resolved($id, base) : base);

const children = (schema: Schema): [pointer: string, child: unknown][] =>
  Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (one.has(keyword)) return [[escaped(keyword), value]];
    if (listed.has(keyword) && Array.isArray(value)) return value.map((item, index) => [`${keyword}/${index}`, item]);
    if (named.has(keyword) && isSchema(value))
      return Object.entries(value).map(([name, child]) => [`${escaped(keyword)}/${escaped(name)}`, child]);
    return [];
  });

const walk = (schema: unknown, pointer: string, base: string, visit: Visit): void => {
  if (!isSchema(schema)) return;
  const own = baseOf(schema, base);
  visit(schema, pointer, own);
  for (const [at, child] of children(schema)) walk(child, `${pointer}/${at}`, own, visit);
};

/** Where what can be referred to is: by id, and by anchor. */
const placesOf = (schema: Schema, root: string): Map<string, string> => {
  const places = new Map([[NOWHERE, root]]);
  walk(schema, root, NOWHERE, (part, pointer, base) => {
    if (typeof part['$id'] === 'string') places.set(base.replace(/#$/, ''), pointer);
    for (const anchor of [part['$anchor'], part['$dynamicAnchor']])
      if (typeof anchor === 'string') places.set(`${base}#${anchor}`, pointer);
  });
  return places;
};

/**
 * A schema as a component of a larger document: whatever it refers to within itself, by pointer, id or anchor, is referred to by where it is in
 * that document, and what it says of itself as a document is left out. What it refers to elsewhere is not there for a reader of ours, and
 * becomes a schema of anything that says so.
 * @param component its name there
 */
export const makePortable = (schema: object | boolean, component: string): object | boolean => {
  if (!isSchema(schema)) return schema;
  const root = `#/components/schemas/${component}`;
  const places = placesOf(schema, root);

  const refOf = (reference: string, base: string): string | undefined => {
    const [id = '', fragment] = resolved(reference, base).split('#', 2);
    if (fragment === undefined || fragment === '') return places.get(id);
    if (!fragment.startsWith('/')) return places.get(`${id}#${fragment}`);
    const place = places.get(id);
    return place === undefined ? undefined : place + fragment;
  };

  const rewritten = (part: unknown, base: string): unknown => {
    if (!isSchema(part)) return part;
    const own = baseOf(part, base);
    const copy: Schema = {};
    const refs: Schema[] = [];
    for (const [keyword, value] of Object.entries(part)) {
      if (dropped.has(keyword)) continue;
      if (one.has(keyword)) copy[keyword] = rewritten(value, own);
      else if (listed.has(keyword) && Array.isArray(value)) copy[keyword] = value.map((item) => rewritten(item, own));
      else if (named.has(keyword) && isSchema(value))
        copy[keyword] = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, rewritten(child, own)]));
      else if (keyword === '$ref' || keyword === '$dynamicRef') {
        const ref = typeof value === 'string' ? refOf(value, own) : undefined;
        if (ref === undefined)
          copy['description'] ??= `As ${String(value)} says, which is not a part of this document.`;
        else refs.push({ $ref: ref });
      } else copy[keyword] = value;
    }
    if (refs.length === 0) return copy;
    // Many readers pass over what stands beside a reference.
    if (Object.keys(copy).length === 0 && refs.length === 1) return refs[0];
    return { ...copy, allOf: [...refs, ...((copy['allOf'] as unknown[] | undefined) ?? [])] };
  };
  return rewritten(schema, NOWHERE) as object;
};
