import type { Violation } from '@nightshift/contracts';
import type { TSchema } from 'typebox';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';

/** The part of JSON Schema that the schemas of the workflow document use. */
interface DocumentSchema {
  type?: string;
  anyOf?: DocumentSchema[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, DocumentSchema>;
  patternProperties?: Record<string, DocumentSchema>;
  required?: string[];
  additionalProperties?: unknown;
  minProperties?: number;
  items?: DocumentSchema;
  maxItems?: number;
  minItems?: number;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  description?: string;
}

/**
 * Everything in which a value does not fit a schema of the document, with places and the nearest right words. ajv would say the same
 * of alternatives only as "must match a schema in anyOf".
 */
export const checkSchema = (schema: TSchema, value: unknown, pointer: string): Violation[] =>
  check(schema as unknown as DocumentSchema, value, pointer);

const check = (schema: DocumentSchema, value: unknown, pointer: string): Violation[] => {
  if (schema.anyOf) return checkAlternatives(schema.anyOf, value, pointer);
  if (schema.enum) return checkEnum(schema.enum, value, pointer);
  switch (schema.type) {
    case 'object':
      return isObject(value) ? checkObject(schema, value, pointer) : [mustBe(schema, pointer)];
    case 'array':
      return Array.isArray(value) ? checkArray(schema, value, pointer) : [mustBe(schema, pointer)];
    case 'string':
      return typeof value === 'string' ? checkText(schema, value, pointer) : [mustBe(schema, pointer)];
    case 'integer':
    case 'number':
      return checkNumber(schema, value, pointer);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [mustBe(schema, pointer)];
    default:
      return [];
  }
};

const mustBe = (schema: DocumentSchema, pointer: string): Violation => ({
  pointer,
  detail: `must be ${nameOf(schema)}`,
});

const nameOf = (schema: DocumentSchema): string => {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(nameOf))].join(' or ');
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.pattern === '^=') return 'an expression';
  if (schema.pattern?.startsWith('^P(') === true) return 'an ISO 8601 duration';
  switch (schema.type) {
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    case 'string':
      return 'a text';
    case 'integer':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    default:
      return `a ${schema.type ?? 'value'}`;
  }
};

/** Fits one alternative, or violates the one that was most probably meant: the one of the same kind of value with the fewest mistakes. */
const checkAlternatives = (alternatives: readonly DocumentSchema[], value: unknown, pointer: string): Violation[] => {
  const flat = flatten(alternatives);
  const results = flat.map((schema) => ({ schema, violations: check(schema, value, pointer) }));
  if (results.some(({ violations }) => violations.length === 0)) return [];
  const meant = results
    .filter(({ schema }) => isSameKind(schema, value))
    .sort((a, b) => a.violations.length - b.violations.length)[0];
  return meant?.violations ?? [mustBe({ anyOf: flat }, pointer)];
};

const flatten = (alternatives: readonly DocumentSchema[]): DocumentSchema[] =>
  alternatives.flatMap((schema) => (schema.anyOf ? flatten(schema.anyOf) : [schema]));

const isSameKind = (schema: DocumentSchema, value: unknown): boolean => {
  if (isObject(value)) return schema.type === 'object';
  if (Array.isArray(value)) return schema.type === 'array';
  if (typeof value === 'number') return schema.type === 'number' || schema.type === 'integer';
  return schema.enum !== undefined && typeof value === 'string';
};

const checkEnum = (words: readonly unknown[], value: unknown, pointer: string): Violation[] => {
  if (words.includes(value)) return [];
  const detail = `must be one of ${words.join(', ')}`;
  return [typeof value === 'string' ? unknownWord(pointer, detail, value, words.map(String)) : { pointer, detail }];
};

const checkObject = (schema: DocumentSchema, value: Record<string, unknown>, pointer: string): Violation[] => {
  const { properties = {}, required = [] } = schema;
  const [pattern, others] = Object.entries(schema.patternProperties ?? {})[0] ?? ['', undefined];
  const isName = new RegExp(pattern);
  const violations = required
    .filter((key) => value[key] === undefined)
    .map((key) => ({ pointer: appendPointer(pointer, key), detail: 'is required' }));
  for (const [key, member] of Object.entries(value)) {
    const at = appendPointer(pointer, key);
    const property = Object.hasOwn(properties, key) ? properties[key] : others;
    if (property && property === others && !isName.test(key)) violations.push({ pointer: at, detail: badName(key) });
    else if (property) violations.push(...check(property, member, at));
    else if (schema.additionalProperties === false)
      violations.push(
        unknownWord(
          at,
          `${key} is not known here; there is ${listOf(Object.keys(properties))}`,
          key,
          Object.keys(properties),
        ),
      );
  }
  if (schema.minProperties !== undefined && Object.keys(value).length < schema.minProperties)
    violations.push({
      pointer,
      detail: others ? 'must not be empty' : `needs at least one of ${listOf(Object.keys(properties))}`,
    });
  return violations;
};

const badName = (name: string): string =>
  `${name} is no name: that is a letter and then letters, digits or underscores`;

const listOf = (words: readonly string[]): string => words.join(', ');

const checkArray = (schema: DocumentSchema, value: readonly unknown[], pointer: string): Violation[] => {
  const violations = value.flatMap((item, index) =>
    schema.items ? check(schema.items, item, appendPointer(pointer, index)) : [],
  );
  if (value.length < (schema.minItems ?? 0)) violations.push({ pointer, detail: 'must not be empty' });
  if (value.length > (schema.maxItems ?? Infinity))
    violations.push({ pointer, detail: `must have at most ${schema.maxItems} entries` });
  return violations;
};

const checkText = (schema: DocumentSchema, value: string, pointer: string): Violation[] => {
  if (schema.const !== undefined && value !== schema.const)
    return [{ pointer, detail: `must be ${String(schema.const)}` }];
  if (schema.maxLength !== undefined && value.length > schema.maxLength)
    return [{ pointer, detail: `must have at most ${schema.maxLength} characters` }];
  if (schema.pattern === undefined || new RegExp(schema.pattern).test(value)) return [];
  return [{ pointer, detail: schema.description ? `must be ${schema.description}` : mustBe(schema, pointer).detail }];
};

const checkNumber = (schema: DocumentSchema, value: unknown, pointer: string): Violation[] => {
  const isRight = typeof value === 'number' && (schema.type !== 'integer' || Number.isInteger(value));
  if (!isRight) return [mustBe(schema, pointer)];
  if (value < (schema.minimum ?? -Infinity)) return [{ pointer, detail: `must be at least ${schema.minimum}` }];
  if (value > (schema.maximum ?? Infinity)) return [{ pointer, detail: `must be at most ${schema.maximum}` }];
  return [];
};
