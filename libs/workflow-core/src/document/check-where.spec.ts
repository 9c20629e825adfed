import type { Json, TypeDefinition } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { stepKinds } from '../steps/registry.ts';
import type { Place } from '../steps/step-kind.ts';

const types: TypeDefinition[] = [
  { name: 'person', fields: { name: { kind: 'text' }, age: { kind: 'integer' } } },
  {
    name: 'project',
    fields: { title: { kind: 'text' }, owner: { kind: 'reference', type: 'person' }, budget: { kind: 'number' } },
  },
  {
    name: 'task',
    fields: {
      name: { kind: 'text' },
      info: { kind: 'json' },
      project: { kind: 'reference', type: 'project' },
      elsewhere: { kind: 'reference', type: 'unknown' },
      tags: { kind: 'text', list: true },
      helpers: { kind: 'reference', type: 'person', list: true },
    },
  },
];
const place: Place = { pointer: '', types: new Map(types.map((type) => [type.name, type])), workflows: new Map() };
const check = (type: string, rest: Record<string, unknown>) =>
  stepKinds.search.check({ type, ...rest } as { [name: string]: Json }, place);

describe('a search that is right', () => {
  it.each<[string, Record<string, unknown>]>([
    ['task', { where: { project: { is: { owner: { is: { age: { gte: 18 } } } } }, elsewhere: { is: { x: 1 } } } }],
    ['task', { where: { tags: { has: 'a', any: { startsWith: 'b', ignoreCase: true }, length: { gt: 1 } } } }],
    ['task', { where: { tags: ['a'], helpers: { any: { is: { name: 'Ada' } } } } }],
    ['task', { where: { info: { is: 1, any: 2 }, name: { matches: 'x', notIn: '=y', is: '=z' } } }],
    ['person', { where: { 'project.owner': { none: { budget: { gt: 5 } } }, 'task.helpers': { any: '=x' } } }],
    ['task', { search: 'x', sort: ['-relevance', 'project.owner.name', 'elsewhere.any'] }],
    ['task', { aggregates: { a: { sum: 'project.budget' }, b: { max: 'project.owner.name' } } }],
  ])('%s %j', (type, rest) => {
    // An operator that does not fit its field is another matter.
    expect(check(type, rest).filter(({ detail }) => !/^is for (lists|references)/.test(detail))).toEqual([]);
  });
});

describe('a search that is wrong', () => {
  it.each<[string, Record<string, unknown>, string, RegExp, string?]>([
    ['task', { where: { project: { is: { titel: 1 } } } }, '/where/project/is/titel', /project has no field/, 'title'],
    [
      'task',
      { where: { project: { is: { owner: { is: { aeg: 1 } } } } } },
      '/where/project/is/owner/is/aeg',
      /person/,
      'age',
    ],
    ['task', { where: { name: { is: {} } } }, '/where/name/is', /for references/],
    ['task', { where: { name: { has: 'x' } } }, '/where/name/has', /for lists/],
    ['task', { where: { tags: { contains: 'x' } } }, '/where/tags/contains', /not for lists; ask for any/],
    [
      'task',
      { where: { tags: { any: { startWith: 'x' } } } },
      '/where/tags/any/startWith',
      /not an operator/,
      'startsWith',
    ],
    ['task', { where: { helpers: { all: { is: { nmae: 1 } } } } }, '/where/helpers/all/is/nmae', /person/, 'name'],
    ['person', { where: { 'project.owner': { maybe: {} } } }, '/where/project.owner/maybe', /any, all, none/],
    [
      'person',
      { where: { 'project.owner': { any: { titel: 1 } } } },
      '/where/project.owner/any/titel',
      /no field/,
      'title',
    ],
    ['person', { where: { 'project.title': { any: {} } } }, '/where/project.title', /no field/],
    ['task', { sort: ['project.owner.nmae'] }, '/sort/0', /person has no field/, 'name'],
    ['task', { sort: ['name.title'] }, '/sort/0', /no reference/],
    ['task', { sort: ['helpers.name'] }, '/sort/0', /no reference/],
    ['task', { sort: ['relevance'] }, '/sort/0', /needs search/],
    ['task', { aggregates: { a: { sum: 'project.title' } } }, '/aggregates/a/sum', /kind number, integer/],
    ['task', { aggregates: { a: { min: 'project.id' } } }, '/aggregates/a/min', /of kind reference/],
  ])('%s %j', (type, rest, pointer, detail, suggestion) => {
    expect(check(type, rest)).toEqual([
      {
        pointer,
        detail: expect.stringMatching(detail) as string,
        ...(suggestion !== undefined && { suggestion }),
      },
    ]);
  });

  it('however deeply it is nested', () => {
    let where: Record<string, unknown> = { name: 'x' };
    for (let depth = 0; depth < 10_000; depth++) where = depth % 2 === 0 ? { not: where } : { and: [where] };
    expect(check('task', { where })).toEqual([
      { pointer: expect.any(String) as string, detail: 'is nested deeper than 20' },
    ]);
    expect(stepKinds.search.prepare({ type: 'task', where })).toMatchObject({
      kind: 'refused',
      problem: { detail: expect.stringMatching(/nested deeper/) as string },
    });
  });
});
