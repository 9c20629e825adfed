import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { workflowDocumentSchema } from '@nightshift/workflow-core';

/** A JSON Schema, as far as the tables say something of it. */
interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  description?: string;
  pattern?: string;
  enum?: string[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
}

const frame = workflowDocumentSchema as unknown as Schema;
const definitions = frame.$defs!;
const stepsReference = '#/$defs/steps';
const definitionOf = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : definitions[schema.$ref.replace('#/$defs/', '')]!;

const steps = definitions['step']!.anyOf!.map(({ properties = {}, required = [] }) => ({
  kind: required[0]!,
  properties,
}));

/** Every action and block that a step can have. */
export const stepKinds = steps.map(({ kind }) => kind);

/** What `<!-- keys of … -->` of a page names: an action, a block, an option of a step, a part of the frame. */
const schemaOf = (name: string): Schema => {
  if (name === 'a case of switch') return Object.values(actionOf('switch').items!.patternProperties!)[0]!;
  const named =
    name === 'a document'
      ? frame
      : stepKinds.includes(name)
        ? actionOf(name)
        : (steps[0]!.properties[name] ?? frame.properties![name]);
  const schema = named && definitionOf(named);
  const found = schema && [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties);
  if (!found) throw new Error(`nothing has the keys of ${name}`);
  return found;
};

const actionOf = (kind: string): Schema => steps.find((step) => step.kind === kind)!.properties[kind]!;

/**
 * A page with its tables of keys written anew: which keys there are and what they take is said by the schemas, what they are by the page.
 * @throws Error naming a key that the page says nothing of
 */
export const withKeys = (page: string): string => {
  const text = readFileSync(join(workspaceRoot, page), 'utf8');
  return text.replaceAll(
    /^<!-- keys of (.+) -->\n\n((?:\|.*\n)*)/gm,
    (_, name: string, table: string) => `<!-- keys of ${name} -->\n\n${tableOf(page, name, table)}`,
  );
};

const tableOf = (page: string, name: string, written: string): string => {
  const meanings = new Map(
    written
      .split('\n')
      .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
      .map((cells) => [cells[1]?.replaceAll('`', ''), cells.at(-2)]),
  );
  const { properties = {}, required = [] } = schemaOf(name);
  const rows = Object.entries(properties).map(([key, schema]) => {
    const meaning = meanings.get(key);
    if (!meaning) throw new Error(`${page} does not say what ${key} of ${name} is`);
    const taken = conditions.has(key) ? 'expression' : describe(schema);
    return `| \`${key}\` | ${taken}${required.includes(key) ? ', required' : ''} | ${meaning} |`;
  });
  return ['| Key | Takes | Is |', '| --- | --- | --- |', ...rows, ''].join('\n');
};

/** Keys whose texts are expressions, with or without `=`. */
const conditions = new Set(['if', 'when', 'while']);

const isExpression = ({ pattern }: Schema): boolean => pattern === '^=';
const isDuration = ({ anyOf = [] }: Schema): boolean => anyOf.some(({ properties }) => properties?.['milliseconds']);

/** What a value may be, in a few words. */
const describe = (given: Schema): string => {
  if (given.$ref === stepsReference) return 'a list of steps';
  const schema = definitionOf(given);
  const { type, anyOf, enum: words, description, minimum, maximum, items, properties } = schema;
  if (anyOf) {
    if (isDuration(schema)) return 'duration';
    const others = anyOf.filter((other) => !isExpression(other));
    const texts = [...new Set(others.map(describe))];
    return texts.join(' or ');
  }
  if (words) return words.map((word) => `\`${word}\``).join(', ');
  switch (type) {
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
      return `whole number${range(minimum, maximum)}`;
    case 'number':
      return `number${range(minimum, maximum)}`;
    case 'array':
      return items && Object.keys(items).some((key) => key !== '~kind') ? `list of ${plural(describe(items))}` : 'list';
    case 'object':
      return properties && Object.keys(properties).length > 0
        ? `\`{ ${Object.keys(properties).join(', ')} }\``
        : 'object';
    default:
      return description ?? 'anything';
  }
};

const plural = (words: string): string => (words === 'text' ? 'texts' : words);

const range = (minimum: number | undefined, maximum: number | undefined): string => {
  if (maximum !== undefined) return `, ${(minimum ?? 0).toLocaleString('en')} to ${maximum.toLocaleString('en')}`;
  return minimum === undefined ? '' : `, at least ${minimum}`;
};
