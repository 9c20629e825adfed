import fc from 'fast-check';
import type { Json } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { EvaluationEnv } from './scope.ts';
import { compileTemplate } from './template.ts';

const env: EvaluationEnv = { now: new Date(0), random: () => 0, uuid: () => '' };
const scope = { user: { id: '7', name: 'Ada', tags: ['a', 'b'] }, users: [{ id: 1 }, { id: 2 }] };

describe('a template', () => {
  it.each<[Json, unknown]>([
    ['=user.id', '7'],
    ['plain', 'plain'],
    ['==not one', '=not one'],
    [
      { id: '=user.id', more: [1, '=user.name', { deep: '=user.tags' }] },
      { id: '7', more: [1, 'Ada', { deep: ['a', 'b'] }] },
    ],
    [{ here: 1, gone: '=missing' }, { here: 1 }],
    [['=missing', 2], [2]],
    ['=missing', undefined],
    [null, null],
  ])('%j is %j', (template, expected) => {
    expect(compileTemplate(template, '').evaluate(scope, env)).toEqual(expected);
  });

  it('is a promise only where a part needs one', async () => {
    const given = compileTemplate({ a: 1, ids: '=users.id' }, '').evaluate(scope, env);
    expect(given).toBeInstanceOf(Promise);
    expect(await given).toEqual({ a: 1, ids: [1, 2] });
  });

  it('can take nothing for null', async () => {
    const template = compileTemplate({ where: { a: '=gone', b: ['=gone', '=users[id = 9]'] }, limit: '=gone' }, '/s', [
      '/s/where',
    ]);
    expect(await template.evaluate(scope, env)).toEqual({ where: { a: null, b: [null, null] } });
  });

  it('names its expressions and its mistakes by place', () => {
    const template = compileTemplate({ a: '=x', 'b/c': ['=y +', '=$now()'] }, '/do/0');
    expect(template.expressions.map(({ pointer }) => pointer)).toEqual(['/do/0/a', '/do/0/b~1c/1']);
    expect(template.violations).toMatchObject([{ pointer: '/do/0/b~1c/0' }]);
    expect(template.isRecorded).toBe(true);
  });

  it('gives JSON without expressions as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value).replaceAll('"=', '"-');
        const json = JSON.parse(text) as Json;
        expect(compileTemplate(json, '').evaluate({}, env)).toEqual(json);
      }),
    );
  });
});
