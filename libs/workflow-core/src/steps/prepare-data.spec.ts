import { describe, expect, it } from 'vitest';
import { stepKinds, type StepKindName } from './registry.ts';

describe('an evaluated action asks the data service', () => {
  it.each<[StepKindName, unknown, object]>([
    ['create', { type: 'user', fields: { a: 1 } }, { action: 'create', type: 'user', fields: { a: 1 } }],
    ['create', { type: 'user' }, { action: 'create', type: 'user', fields: {} }],
    ['get', { type: 'user', id: '7' }, { action: 'get', type: 'user', id: '7' }],
    ['search', { type: 'user' }, { action: 'search', type: 'user', search: { limit: 100 } }],
    [
      'search',
      {
        type: 'user',
        where: { a: 1 },
        sort: '-a',
        limit: 5,
        count: true,
        aggregates: { owed: { sum: 'total' }, all: { count: true } },
      },
      {
        action: 'search',
        type: 'user',
        search: {
          where: { a: 1 },
          sort: ['-a'],
          limit: 5,
          count: true,
          aggregates: { owed: { sum: 'total' }, all: { count: true } },
        },
      },
    ],
    [
      'search',
      {
        type: 'user',
        where: { id: { in: '7' }, a: { in: null }, or: { b: { in: 1 } }, not: { c: { in: [2] } }, d: null },
      },
      {
        action: 'search',
        type: 'user',
        search: {
          where: { id: { in: ['7'] }, a: { in: [] }, or: [{ b: { in: [1] } }], not: { c: { in: [2] } }, d: null },
          limit: 100,
        },
      },
    ],
    [
      'search',
      {
        type: 'user',
        search: 'fox',
        where: {
          a: { notIn: 1, hasAll: null },
          b: { is: { c: { in: 2 }, or: { d: { notIn: null } } } },
          e: { any: { in: 3 }, none: { is: { f: { in: 4 } } } },
          'order.user': { any: { g: { in: 5 } } },
          in: { eq: { in: 6 } },
        },
      },
      {
        action: 'search',
        type: 'user',
        search: {
          search: 'fox',
          where: {
            a: { notIn: [1], hasAll: [] },
            b: { is: { c: { in: [2] }, or: [{ d: { notIn: [] } }] } },
            e: { any: { in: [3] }, none: { is: { f: { in: [4] } } } },
            'order.user': { any: { g: { in: [5] } } },
            in: { eq: { in: 6 } },
          },
          limit: 100,
        },
      },
    ],
    [
      'change',
      { type: 'user', id: '7', fields: { a: null } },
      { action: 'change', type: 'user', id: '7', fields: { a: null } },
    ],
    [
      'change',
      {
        type: 'user',
        id: '7',
        fields: { a: 1 },
        add: { b: 'x' },
        remove: { c: ['y'] },
        addList: { d: 'one' },
        removeList: { e: ['z'] },
        clear: 'f',
        increment: { g: -1 },
      },
      {
        action: 'change',
        type: 'user',
        id: '7',
        fields: { a: 1 },
        add: { b: 'x' },
        remove: { c: ['y'] },
        addList: { d: ['one'] },
        removeList: { e: ['z'] },
        clear: ['f'],
        increment: { g: -1 },
      },
    ],
    [
      'change',
      { type: 'user', id: '7', add: { a: null, b: 0 }, addList: { c: null }, increment: {}, remove: null, clear: [] },
      { action: 'change', type: 'user', id: '7', add: { b: 0 } },
    ],
    ['change', { type: 'user', id: '7' }, { action: 'change', type: 'user', id: '7' }],
    [
      'changeList',
      { type: 'user', list: [{ id: '1', name: 'Ada' }, '2', null], increment: { visits: 1 } },
      { action: 'changeList', type: 'user', ids: ['1', '2'], increment: { visits: 1 } },
    ],
    ['changeList', { type: 'user', list: '1' }, { action: 'changeList', type: 'user', ids: ['1'] }],
    [
      'changeList',
      { type: 'user', fields: { a: 1 } },
      { action: 'changeList', type: 'user', ids: [], fields: { a: 1 } },
    ],
    [
      'changeList',
      { type: 'user', where: { a: null, b: { in: 1 } }, fields: { a: 1 } },
      { action: 'changeList', type: 'user', where: { a: null, b: { in: [1] } }, fields: { a: 1 } },
    ],
    ['changeList', { type: 'user', where: {} }, { action: 'changeList', type: 'user', where: {} }],
    ['delete', { type: 'user', id: '7' }, { action: 'delete', type: 'user', id: '7' }],
    ['delete', { type: 'user', list: [] }, { action: 'deleteList', type: 'user', ids: [] }],
    ['delete', { type: 'user' }, { action: 'deleteList', type: 'user', ids: [] }],
    ['delete', { type: 'user', where: { a: 1 } }, { action: 'deleteList', type: 'user', where: { a: 1 } }],
    ['copy', { type: 'user', id: '7' }, { action: 'copy', type: 'user', ids: ['7'] }],
    [
      'copy',
      { type: 'user', list: ['1', '2'], fields: { a: 1 } },
      { action: 'copy', type: 'user', ids: ['1', '2'], fields: { a: 1 } },
    ],
    ['copy', { type: 'user', where: { a: 1 } }, { action: 'copy', type: 'user', where: { a: 1 } }],
  ])('%s %j', (kind, input, request) => {
    expect(stepKinds[kind].prepare(input)).toEqual({ kind: 'data', request });
  });

  it.each<[StepKindName, object]>([
    ['get', { type: 'user', id: '7' }],
    ['search', { type: 'user' }],
    ['change', { type: 'user', id: '7', fields: {} }],
    ['delete', { type: 'user', id: '7' }],
    ['delete', { type: 'user', list: ['7'] }],
  ])('%s %j strictly, if it says so', (kind, input) => {
    expect(stepKinds[kind].prepare({ ...input, strict: true })).toMatchObject({ kind: 'data', isStrict: true });
    expect(stepKinds[kind].prepare({ ...input, strict: false })).not.toHaveProperty('isStrict');
  });
});

describe('an evaluated action on data that makes no sense is refused', () => {
  it.each<[StepKindName, unknown, RegExp]>([
    ['get', { type: 'user' }, /^id must be the id of a thing, but is nothing$/],
    ['create', { type: 'user', fields: [1] }, /^fields must be an object, but is a list$/],
    ['search', { type: 'user', limit: 0 }, /^limit must/],
    ['search', { type: 'user', search: null }, /^search must be a text, but is null$/],
    ['search', { type: 'user', where: 'x' }, /^where must be an object, but is a string$/],
    ['search', { type: 'user', where: null }, /^where must be an object, but is null$/],
    ['search', { type: 'user', sort: [1] }, /^sort must/],
    ['change', { type: 'user', id: null, fields: {} }, /^id must be .*, but is null$/],
    ['change', { type: 'user', id: '7', fields: 'x' }, /^fields must be an object, but is a string$/],
    ['change', { type: 'user', id: '7', add: ['x'] }, /^add must be an object, but is a list$/],
    ['change', { type: 'user', id: '7', increment: { n: '1' } }, /^increment\.n must be a number, but is a string$/],
    ['change', { type: 'user', id: '7', clear: [1] }, /^clear must be a list of field names$/],
    ['change', { type: 'user', id: '7', fields: { n: 1 }, increment: { n: 1 } }, /^n is in fields and in increment/],
    ['changeList', { type: 'user', list: ['1', 7] }, /^list must hold things or their ids, but entry 2 is a number$/],
    ['changeList', { type: 'user', list: [{ name: 'Ada' }] }, /entry 1 is an object$/],
    ['changeList', { type: 'user', where: null }, /^where must be an object, but is null$/],
    ['changeList', { type: 'user', where: { a: 1 }, increment: { n: [] } }, /^increment\.n/],
    ['changeList', { type: 'user', where: { or: [{ a: 1 }, {}] } }, /^where\.or is empty/],
    ['delete', { type: 'user', id: '' }, /^id must be .*, but is an empty text$/],
    ['delete', { type: 'user', where: null }, /^where must be an object, but is null$/],
    ['delete', { type: 'user', where: { and: [{ not: {} }] } }, /^where\.and\.not is empty/],
    ['copy', { type: 'user', id: null }, /^id must be .*, but is null$/],
    ['copy', { type: 'user', where: null }, /^where must be/],
    ['copy', { type: 'user', id: '7', fields: [] }, /^fields must be an object/],
  ])('%s %j', (kind, input, detail) => {
    expect(stepKinds[kind].prepare(input)).toMatchObject({
      kind: 'refused',
      problem: { code: 'request.invalid', detail: expect.stringMatching(detail) as string },
    });
  });
});
