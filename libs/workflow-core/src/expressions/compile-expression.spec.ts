import { Failure } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { knownFunctions } from './known-functions.ts';
import type { EvaluationEnv } from './scope.ts';

const env: EvaluationEnv = { now: new Date('2026-11-20T10:00:00.000Z'), random: () => 0.25, uuid: () => 'a-uuid' };

const compiled = (source: string): CompiledExpression => {
  const expression = compileExpression(source, '/here');
  if ('problem' in expression) throw new Error(expression.problem.detail);
  return expression;
};

const failureOf = async (source: string, scope = {}): Promise<Failure> => {
  try {
    await compiled(source).evaluate(scope, env);
  } catch (error) {
    return error as Failure;
  }
  throw new Error(`${source} did not fail`);
};

describe('an expression that does not parse', () => {
  it.each([
    ['a +', /Unexpected end of expression \(at character 3/],
    ['$f(', /at character 3/],
    ['', /Unexpected end of expression/],
    [`${'a'.repeat(20_000)}`, /at most 10000 characters/],
  ])('%s is a problem', (source, detail) => {
    const result = compileExpression(source, '/here');
    expect(result).toMatchObject({ problem: { code: 'expression.failed', errors: [{ pointer: '/here' }] } });
    expect('problem' in result && result.problem.detail).toMatch(detail);
  });
});

describe('an expression that fails', () => {
  it.each([
    ["'a' + 1", /left side of the "\+" operator must evaluate to a number \(at character 5/],
    ["1 < 'a'", /must be of the same data type/],
    ['$nothing()', /non-function/],
    ['$error("no")', /no/],
    ['1/0', /a number out of range/],
    ['{ "x": [1/0] }', /a number out of range/],
    ['function($x) { $x }', /a function/],
    ['($f := function() { $f() }; $f())', /timeout after 2000/],
    ['($f := function($n) { 1 + $f($n) }; $f(1))', /Stack overflow/],
    ['[1..200000]', /maximum sequence length/],
    ['($x := [1..60000]; $append($x, $x))', /maximum sequence length/],
  ])(
    '%s says why and where',
    async (source, message) => {
      const failure = await failureOf(source);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure.message).toMatch(message);
      expect(failure.toProblem()).toMatchObject({ code: 'expression.failed', errors: [{ pointer: '/here' }] });
    },
    30_000,
  );
});

describe('an expression of many parts', () => {
  it.each([
    ['a sum', `1${' + 1'.repeat(2000)}`],
    ['brackets', `${'('.repeat(4000)}1${')'.repeat(4000)}`],
    ['lists', `${'['.repeat(4000)}${']'.repeat(4000)}`],
  ])('%s has a value or fails, but throws nothing else', async (_, source) => {
    const expression = compileExpression(source);
    if ('problem' in expression) return;
    try {
      await expression.evaluate({}, env);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
    }
  });
});

describe('clock and chance', () => {
  it.each([
    ['$now()', '2026-11-20T10:00:00.000Z'],
    ["$now('[Y0001]')", '2026'],
    ["$now('[H01]:[m01]', '+0200')", '12:00'],
    ['[$millis()].$string()', '1795168800000'],
    ['($random() + 0; $random())', 0.25],
    ['($uuid(); $uuid())', 'a-uuid'],
    ['$shuffle([1, 2, 3])', [2, 3, 1]],
  ])('%s comes from the environment', async (source, expected) => {
    const expression = compiled(source);
    expect(expression.isRecorded).toBe(true);
    expect(await expression.evaluate({}, env)).toEqual(expected);
  });

  it.each(['a.b', '$sum(items.price)', '$string(1)', 'now', '$map(items, function($now2) { $now2 })'])(
    '%s is not recorded',
    (source) => {
      expect(compiled(source).isRecorded).toBe(false);
    },
  );

  it.each(['$map(items, $random)', '$now', '$eval("1")', 'items[$random() > 0.5]'])('%s is recorded', (source) => {
    expect(compiled(source).isRecorded).toBe(true);
  });
});

describe('what JSONata gives', () => {
  it.each([
    ['$map([1, 2], function($x) { $x * 2 })', [2, 4]],
    ['items[price > 1]', [{ price: 2 }, { price: 3 }]],
    ['items[price > 2]', { price: 3 }],
    ['items[price > 2][]', [{ price: 3 }]],
    ['items[price > 9]', undefined],
    ['{ "prices": items.price, "none": items[price > 9] }', { prices: [1, 2, 3] }],
    ['items{ $string(price): $ }', { 1: { price: 1 }, 2: { price: 2 }, 3: { price: 3 } }],
    ['$merge([{ "a": 1 }, { "b": [1..2] }])', { a: 1, b: [1, 2] }],
  ])('%s is plain JSON', async (source, expected) => {
    const value = await compiled(source).evaluate({ items: [{ price: 1 }, { price: 2 }, { price: 3 }] }, env);
    expect(value).toStrictEqual(expected);
    if (Array.isArray(value)) expect(Object.getOwnPropertyNames(value)).toEqual([...Object.keys(value), 'length']);
  });

  it('keeps a key called __proto__ a key', async () => {
    const value = await compiled('$merge([{ "__proto__": { "isAdmin": true } }])').evaluate({}, env);
    expect((value as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });

  it('does not change the scope', async () => {
    const scope = { items: [{ price: 1 }] };
    await compiled('items ~> |$|{ "price": 2 }|').evaluate(scope, env);
    expect(scope).toEqual({ items: [{ price: 1 }] });
  });
});

describe('known functions', () => {
  it.each([...knownFunctions])('$%s exists', async (name) => {
    expect(await compiled(`$exists($${name})`).evaluate({}, env)).toBe(true);
  });
});
