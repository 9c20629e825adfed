import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileSchema, failures, type TypeDefinition } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { checkDocument, parseDocument, workflowDocumentSchema } from '@nightshift/workflow-core';
import { expect, test } from 'vitest';
import { examplesOf, pagesWithExamples } from '../../test/documents/example.ts';
import { stepKinds } from './reference-keys.ts';

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

const checkSchema = compileSchema(workflowDocumentSchema);
const expectOfSchema = (document: unknown): void =>
  expect(checkSchema(document)).toEqual({ ok: true, value: document });

const expectRight = (document: unknown): void => {
  expect(checkDocument(document, { types, workflows: known })).toEqual({ ok: true, document });
  expectOfSchema(document);
};

test.each(workflows)('$path has no mistake', ({ path, document }) => {
  expect(path).toContain(`/${String(document['workflow'])}.yaml`);
  expectRight(document);
});

const guide = 'docs/guides/workflow-document.md';
/** Parts of documents; whole ones are run. */
const shownInGuide = [...read(guide).matchAll(/^```yaml\n(.*?)^```$/gms)]
  .map(([, text]) => ({ text: text as string }))
  .filter(({ text }) => !/^workflow: /m.test(text));

test.each(shownInGuide)(`${guide}: $text`, ({ text }) => {
  expectRight(wholeDocument(parse(text)));
});

const pages = globSync('docs/reference/**/*.md', { cwd: workspaceRoot }).sort();
const index = 'docs/reference/index.md';

test('the reference has a page for every action and every block', () => {
  const titles = pages.map((page) => /^# (.+)$/m.exec(read(page))![1]!);
  const described = titles.flatMap((title) => title.split(' and '));
  expect(stepKinds.filter((kind) => !described.includes(kind))).toEqual([]);
});

test(`${index} leads to every page`, () => {
  const linked = new Set([...read(index).matchAll(/\]\(([^)#]+)/g)].map(([, to]) => join(dirname(index), to!)));
  expect(pages.filter((page) => page !== index && !linked.has(page))).toEqual([]);
});

const documentation = globSync(['docs/**/*.md', '*.md', 'bench/*.md'], { cwd: workspaceRoot }).sort();

test.each(documentation)('the links of %s lead somewhere', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, to]) => to!);
  expect(targets.filter((to) => !existsSync(join(workspaceRoot, dirname(page), to)))).toEqual([]);
});

/** Codes that examples raise themselves. */
const raised = (page: string): string[] =>
  [...read(page).matchAll(/type: ([a-z_]+\.[a-z_]+)/g)].map(([, code]) => code!);

test.each(pages)('%s names failures that there are', (page) => {
  const section = /^## Failures\n(.*?)(?=^## |$(?![^]))/ms.exec(read(page))?.[1] ?? '';
  const codes = [...section.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, code]) => code!);
  expect(codes.filter((code) => !(code in failures) && !raised(page).includes(code))).toEqual([]);
});

test.each(pagesWithExamples().filter((page) => examplesOf(page).length > 0))('%s fits the JSON Schema', (page) => {
  for (const { documents } of examplesOf(page)) for (const text of documents) expectOfSchema(parse(text));
});

test('every page of an action or a block has an example', () => {
  const without = pages.filter((page) => /(actions|constructs)\//.test(page) && examplesOf(page).length === 0);
  expect(without).toEqual([]);
});
