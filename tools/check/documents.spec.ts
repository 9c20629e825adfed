import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileSchema, type TypeDefinition } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { checkDocument, parseDocument } from '@nightshift/workflow-core';
import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';

type Parts = Record<string, unknown>;

const read = (path: string): string => readFileSync(join(workspaceRoot, path), 'utf8');

const parse = (text: string): unknown => {
  const parsed = parseDocument(text, 'yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
};

const example = 'examples/five-ways';
const types = Object.entries(JSON.parse(read(`${example}/types.json`)) as Parts).map(
  ([name, fields]) => ({ name, fields }) as TypeDefinition,
);
const workflows = globSync(`${example}/workflows/*.yaml`, { cwd: workspaceRoot })
  .sort()
  .map((path) => ({ path, document: parse(read(path)) as Parts }));
const known = workflows.map(({ document }) => ({
  name: String(document['workflow']),
  ...(document['parameters'] !== undefined && { parameters: document['parameters'] as object }),
}));

/** A guide shows steps, or some keys of the frame, without the rest: that is added. */
const wholeDocument = (part: unknown): Parts => {
  const rest = { workflow: 'part-of-a-guide', do: [{ nothing: { set: null } }] };
  return Array.isArray(part) ? { ...rest, do: part } : { ...rest, ...(part as Parts) };
};

const guide = 'docs/guides/workflow-document.md';
const examples = [...read(guide).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text as string);

const checkSchema = compileSchema(JSON.parse(read('docs/schemas/workflow.schema.json')) as TSchema);

const expectRight = (document: unknown): void => {
  expect(checkDocument(document, { types, workflows: known })).toEqual({ ok: true, document });
  expect(checkSchema(document)).toEqual({ ok: true, value: document });
};

test.each(workflows)('$path has no mistake', ({ path, document }) => {
  expect(path).toContain(`/${String(document['workflow'])}.yaml`);
  expectRight(document);
});

test(`${guide} shows every action`, () => {
  const steps = examples.flatMap((text) => wholeDocument(parse(text))['do'] as Record<string, Parts>[]);
  const shown = new Set(steps.flatMap((step) => Object.values(step).flatMap((body) => Object.keys(body))));
  const schema = JSON.parse(read('docs/schemas/workflow.schema.json')) as {
    properties: { do: { items: { patternProperties: Record<string, { anyOf: { required: string[] }[] }> } } };
  };
  const [step] = Object.values(schema.properties.do.items.patternProperties);
  const actions = step!.anyOf.flatMap(({ required }) => required);
  expect(actions.length).toBeGreaterThan(5);
  expect(actions.filter((action) => !shown.has(action))).toEqual([]);
});

test.each(examples.map((text) => ({ text })))(`${guide}: $text`, ({ text }) => {
  expectRight(wholeDocument(parse(text)));
});
