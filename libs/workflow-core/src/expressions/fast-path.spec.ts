import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { injectFunctions, ENV_BINDING } from './injected-functions.ts';
import { plainJson } from './plain-json.ts';
import type { EvaluationEnv, Scope } from './scope.ts';

const env: EvaluationEnv = { now: new Date('2026-11-20T10:00:00.000Z'), random: () => 0.25, uuid: () => 'a-uuid' };

const compiled = (source: string): CompiledExpression => {
  const expression = compileExpression(source);
  if ('problem' in expression) throw new Error(`${source}: ${expression.problem.detail}`);
  return expression;
};

/** What JSONata alone says, the same functions given. */
const byJsonata = async (source: string, scope: Scope): Promise<unknown> => {
  const expression = jsonata(source, { timeout: 2000, stack: 500, sequence: 100_000 });
  injectFunctions(expression);
  try {
    return { value: plainJson(await expression.evaluate(scope, { [ENV_BINDING]: env })) };
  } catch (error) {
    return { error: typeof error === 'string' ? `The value is ${error}` : (error as { message: string }).message };
  }
};

const byUs = async (source: string, scope: Scope): Promise<unknown> => {
  try {
    return { value: await compiled(source).evaluate(scope, env) };
  } catch (error) {
    return { error: (error as Error).message.replace(/ \(at character .*/s, '') };
  }
};

const fields = ['a', 'b', 'c'];

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom('', 'a', 'b', 'é', '10'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie('value'), { noNullPrototype: true }),
  ),
}));
const anyScope = fc.dictionary(fc.constantFrom(...fields), anyValue, { noNullPrototype: true });

const anyPath = fc.array(fc.constantFrom(...fields), { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
const { source: anySource } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyPath,
    anyPath.map((path) => `$$.${path}`),
    fc.constantFrom('1', '0', '-2', '2.5', "''", "'a'", 'true', 'false', 'null', '[]', '{}', '$'),
    fc.constantFrom('$now()', '$millis()', '$random()', '$uuid()'),
    fc
      .tuple(
        tie('source'),
        fc.constantFrom('and', 'or', '=', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '&', 'in', '??', '?:'),
        tie('source'),
      )
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    tie('source').map((operand) => `-(${operand})`),
    fc
      .tuple(fc.constantFrom('not', 'exists', 'boolean', 'string', 'lowercase', 'uppercase', 'count'), tie('source'))
      .map(([name, argument]) => `$${name}(${argument})`),
    fc.tuple(tie('source'), tie('source'), tie('source')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
    fc.array(tie('source'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(tie('source'), { maxLength: 3 })
      .map((values) => `{${values.map((value, index) => `"${'xyz'[index]}": ${value}`).join(', ')}}`),
  ),
}));

describe('the fast path', () => {
  it('means what JSONata means', async () => {
    await fc.assert(
      fc.asyncProperty(anySource, anyScope, async (source, scope) => {
        expect(await byUs(source, scope)).toEqual(await byJsonata(source, scope));
      }),
      { numRuns: 1000 },
    );
  }, 30_000);

  it('covers every source of that property', () => {
    fc.assert(
      fc.property(anySource, (source) => compiled(source).isFast),
      { numRuns: 300 },
    );
  });

  it.each([
    ['user.email', { user: { email: 'a@b.c' } }, 'a@b.c'],
    ['user.email', {}, undefined],
    ['user.email', { user: null }, undefined],
    ['user.tags', { user: { tags: ['x'] } }, ['x']],
    ['user.constructor', { user: {} }, undefined],
    ['user.toString.name', { user: {} }, undefined],
    ["'Hello ' & user.name & '!'", { user: { name: 'Ada' } }, 'Hello Ada!'],
    ['0.1 + 0.2 & ""', {}, '0.3'],
    ['$exists(user)', { user: null }, false],
    ['$exists(user) and $not(user.unsubscribed)', { user: { unsubscribed: null } }, true],
    ['$not(missing)', {}, undefined],
    ['total > 100', { total: 150 }, true],
    ['total > 100', {}, undefined],
    ["status in ['open', 'late']", { status: 'late' }, true],
    ['{ "id": user.id, "name": user.name }', { user: { id: '1' } }, { id: '1' }],
    ['$now()', {}, '2026-11-20T10:00:00.000Z'],
  ])('%s over %j is %j, at once', (source, scope, expected) => {
    expect(compiled(source).evaluate(scope, env)).toEqual(expected);
  });

  it.each([
    ['users.email', { users: [{ email: 'a' }, { email: 'b' }] }, ['a', 'b']],
    ['users.email', { users: [{ email: 'a' }] }, 'a'],
    ['a = b', { a: { x: [1] }, b: { x: [1] } }, true],
  ])('%s over %j goes to JSONata', async (source, scope, expected) => {
    const given = compiled(source).evaluate(scope, env);
    expect(given).toBeInstanceOf(Promise);
    expect(await given).toEqual(expected);
  });
});
