import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../document/parse-document.ts';
import { compileExpression, expressionLimits } from './compile-expression.ts';
import { ENV_BINDING, injectFunctions } from './injected-functions.ts';
import { knownFunctions } from './known-functions.ts';
import { plainJson } from './plain-json.ts';
import type { EvaluationEnv, Scope } from './scope.ts';
import { expressionIn, isExpressionText } from './template.ts';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const env: EvaluationEnv = {
  now: new Date('2026-11-20T10:00:00.000Z'),
  random: () => 0.25,
  uuid: () => 'a5a8ad1b-6f4b-4a1c-8f7e-5b8f3f0e9d10',
};

/** `{ value }`, absent if there is none, or `{ isFailure }`. */
const outcomeOf = async (evaluate: () => unknown): Promise<object> => {
  try {
    const value = await evaluate();
    return value === undefined ? {} : { value: JSON.parse(JSON.stringify(value)) as unknown };
  } catch {
    return { isFailure: true };
  }
};

const byUs = (source: string, scope: Scope): Promise<object> => {
  const compiled = compileExpression(source);
  if ('problem' in compiled) throw new Error(`${source}: ${compiled.problem.detail}`);
  return outcomeOf(() => compiled.evaluate(scope, env));
};

/** By the interpreter of JSONata alone. */
const byJsonata = (source: string, scope: Scope): Promise<object> => {
  const { timeoutMs, stackDepth, sequenceLength } = expressionLimits;
  const expression = jsonata(source, { timeout: timeoutMs, stack: stackDepth, sequence: sequenceLength });
  injectFunctions(expression);
  return outcomeOf(async () => plainJson(await expression.evaluate(scope, { [ENV_BINDING]: env })));
};

const page = 'docs/reference/expressions.md';
const scope = JSON.parse(/<!-- scope -->\s+```json\n(.*?)```/s.exec(read(page))![1]!) as Scope;

/** Rows whose last two cells are an expression and what it is. */
const rows = [...read(page).matchAll(/^\|.*\| `([^`]+)` +\| (nothing|a failure|`[^`]+`) +\|$/gm)].map(
  ([, source, is]) => ({ source: source!, is: is! }),
);

const shownOutcome = (is: string): object => {
  if (is === 'nothing') return {};
  return is === 'a failure' ? { isFailure: true } : { value: JSON.parse(is.slice(1, -1)) as unknown };
};

describe(page, () => {
  it.each(rows)('$source is $is', async ({ source, is }) => {
    expect(await byUs(source, scope)).toEqual(shownOutcome(is));
    expect(await byJsonata(source, scope)).toEqual(shownOutcome(is));
  });

  it('has every function, and no other', () => {
    const described = [...read(page).matchAll(/^\| `\$(\w+)\(/gm)].map(([, name]) => name!);
    expect(described.toSorted()).toEqual([...knownFunctions].toSorted());
  });
});

const conditions = new Set(['if', 'when', 'while']);

/** Every expression of a document, or of a part of one. */
const expressionsIn = (value: unknown, key?: string): string[] => {
  if (typeof value === 'string')
    return isExpressionText(value) || (key !== undefined && conditions.has(key)) ? [expressionIn(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => expressionsIn(part, name));
};

const documents = [
  ...globSync(['docs/**/*.md', 'README.md'], { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => ({ path, text: text! })),
  ),
  ...globSync('examples/*/workflows/*.yaml', { cwd: root }).map((path) => ({ path, text: read(path) })),
];
const sources = [
  ...new Set(
    documents.flatMap(({ path, text }) => {
      const parsed = parseDocument(text, 'yaml');
      if (!parsed.ok) throw new Error(`${path}: ${JSON.stringify(parsed.violations)}`);
      return expressionsIn(parsed.value);
    }),
  ),
];

/** Values under the names that the documents use, so that paths lead somewhere; and others, so that they lead nowhere. */
const scopes: Scope[] = [
  {},
  {
    parameters: {
      user: { id: '7', name: 'Ada' },
      name: 'Ada',
      total: 120,
      amount: 12.5,
      left: 3,
      order: 'A-1',
      names: ['Ada', 'Bob'],
    },
    user: { id: '7', name: 'Ada', email: 'ada@example.com', trial: 4, plan: 'free', unsubscribed: null },
    trigger: { before: { plan: 'free' }, now: { id: '7', name: 'Ada', plan: 'pro', emailConfirmed: true } },
    found: {
      items: [
        { id: '1', product: 'Lamp' },
        { id: '2', product: 'Desk' },
      ],
      aggregates: { total: 430 },
    },
    page: { body: { next: 'b', items: [1, 2] } },
    pages: [{ count: 2 }, { count: 1 }],
    previous: { next: 'b' },
    order: { id: '9', total: 30, isUrgent: true },
    error: { step: 'charge', status: 402, detail: 'The card has expired' },
    run: { id: 'r', iteration: 2, depth: 0, chain: 'r' },
    secrets: { PAY_KEY: 'sk-live' },
    item: { id: '1' },
    index: 1,
    name: 'Ada',
  },
  {
    parameters: [{ user: null }, { user: { id: 1 } }],
    user: null,
    trigger: [],
    found: 'text',
    page: [{ body: [] }],
    index: 0,
  },
];

describe('the expressions of the documentation', () => {
  it('are found', () => expect(sources.length).toBeGreaterThan(50));

  it.each(sources)('%s is the same on the fast path and in JSONata', async (source) => {
    for (const values of scopes) expect(await byUs(source, values)).toEqual(await byJsonata(source, values));
  });
});
