import { describe, expect, it } from 'vitest';
import type { Effect } from './effect.ts';
import { stepKinds, type StepKindName } from './registry.ts';

describe('an evaluated action becomes an effect', () => {
  it.each<[StepKindName, unknown, Effect]>([
    [
      'create',
      { type: 'user', fields: { a: 1 } },
      { kind: 'data', request: { action: 'create', type: 'user', fields: { a: 1 } } },
    ],
    ['create', { type: 'user' }, { kind: 'data', request: { action: 'create', type: 'user', fields: {} } }],
    [
      'change',
      { type: 'user', id: '7', fields: { a: null } },
      { kind: 'data', request: { action: 'change', type: 'user', id: '7', fields: { a: null } } },
    ],
    ['delete', { type: 'user', id: '7' }, { kind: 'data', request: { action: 'delete', type: 'user', id: '7' } }],
    ['get', { type: 'user', id: '7' }, { kind: 'data', request: { action: 'get', type: 'user', id: '7' } }],
    ['search', { type: 'user' }, { kind: 'data', request: { action: 'search', type: 'user', search: { limit: 100 } } }],
    [
      'search',
      { type: 'user', where: { a: 1 }, sort: '-a', limit: 5 },
      {
        kind: 'data',
        request: { action: 'search', type: 'user', search: { where: { a: 1 }, sort: ['-a'], limit: 5 } },
      },
    ],
    [
      'search',
      {
        type: 'user',
        where: { id: { in: '7' }, a: { in: null }, or: { b: { in: 1 } }, not: { c: { in: [2] } }, d: null },
      },
      {
        kind: 'data',
        request: {
          action: 'search',
          type: 'user',
          search: {
            where: { id: { in: ['7'] }, a: { in: [] }, or: [{ b: { in: [1] } }], not: { c: { in: [2] } }, d: null },
            limit: 100,
          },
        },
      },
    ],
    ['set', { a: [1] }, { kind: 'value', value: { a: [1] } }],
    ['set', undefined, { kind: 'value', value: undefined }],
    ['wait', { minutes: 1, seconds: 30 }, { kind: 'wait', durationMs: 90_000 }],
    ['wait', 'PT1H', { kind: 'wait', durationMs: 3_600_000 }],
    ['wait', { until: '2026-01-01T10:00:00+01:00' }, { kind: 'wait', until: '2026-01-01T09:00:00.000Z' }],
    ['wait', '2026-01-01T10:00:00Z', { kind: 'wait', until: '2026-01-01T10:00:00.000Z' }],
    ['schedule', { workflow: 'w' }, { kind: 'start', workflow: 'w', parameters: {}, version: 'pinned' }],
    [
      'schedule',
      { workflow: 'w', in: { seconds: 2 }, version: 'latest', parameters: { a: 1 } },
      { kind: 'start', workflow: 'w', parameters: { a: 1 }, delayMs: 2000, version: 'latest' },
    ],
    [
      'schedule',
      { workflow: 'w', at: '2026-01-01T10:00:00Z' },
      { kind: 'start', workflow: 'w', parameters: {}, dueAt: '2026-01-01T10:00:00.000Z', version: 'pinned' },
    ],
    [
      'scheduleOnList',
      { workflow: 'w', items: [1, 2], as: 'x', interval: 'PT1S', concurrency: 3, onComplete: 'r' },
      {
        kind: 'startList',
        workflow: 'w',
        items: [1, 2],
        as: 'x',
        parameters: {},
        intervalMs: 1000,
        concurrency: 3,
        onComplete: 'r',
      },
    ],
    [
      'scheduleOnList',
      { workflow: 'w', items: { id: 1 } },
      { kind: 'startList', workflow: 'w', items: [{ id: 1 }], parameters: {} },
    ],
    ['scheduleOnList', { workflow: 'w' }, { kind: 'startList', workflow: 'w', items: [], parameters: {} }],
    ['call', { workflow: 'w', parameters: { a: 1 } }, { kind: 'call', workflow: 'w', parameters: { a: 1 } }],
    [
      'http',
      { url: 'https://a.b/c' },
      {
        kind: 'http',
        request: { method: 'GET', url: 'https://a.b/c', headers: {}, timeoutMs: 30_000, expect: 'json' },
      },
    ],
    [
      'http',
      {
        method: 'post',
        url: 'https://a.b/c?x=1',
        query: { y: 2, z: ['a', 'b'], gone: null },
        headers: { 'X-Key': 'k' },
        body: { a: 1 },
        timeout: { seconds: 5 },
        expect: 'text',
      },
      {
        kind: 'http',
        request: {
          method: 'POST',
          url: 'https://a.b/c?x=1&y=2&z=a&z=b',
          headers: { 'x-key': 'k', 'content-type': 'application/json' },
          body: '{"a":1}',
          timeoutMs: 5000,
          expect: 'text',
        },
      },
    ],
    [
      'http',
      { method: 'PUT', url: 'https://a.b/', headers: { 'Content-Type': 'text/csv' }, body: 'a,b' },
      {
        kind: 'http',
        request: {
          method: 'PUT',
          url: 'https://a.b/',
          headers: { 'content-type': 'text/csv' },
          body: 'a,b',
          timeoutMs: 30_000,
          expect: 'json',
        },
      },
    ],
  ])('%s %j', (kind, input, effect) => {
    expect(stepKinds[kind].prepare(input)).toEqual(effect);
  });
});

describe('an evaluated action that makes no sense is refused', () => {
  it.each<[StepKindName, unknown, RegExp]>([
    ['get', { type: 'user' }, /id must be the id of a thing, but is nothing/],
    ['change', { type: 'user', id: null, fields: {} }, /but is null/],
    ['change', { type: 'user', id: '7' }, /fields must be an object, but is nothing/],
    ['delete', { type: 'user', id: '' }, /an empty text/],
    ['create', { type: 'user', fields: [1] }, /a list/],
    ['search', { type: 'user', limit: 0 }, /limit/],
    ['search', { type: 'user', where: 'x' }, /where must be an object/],
    ['search', { type: 'user', where: null }, /where must be an object, but is null/],
    ['search', { type: 'user', sort: [1] }, /sort/],
    ['wait', undefined, /wait must be a duration or a date/],
    ['wait', 'tomorrow', /wait must be/],
    ['wait', {}, /wait must be/],
    ['wait', { until: '2026-01-01' }, /until must be a date with time and zone/],
    ['schedule', { workflow: 'w', at: 'x' }, /at must be/],
    ['schedule', { workflow: 'w', in: -1 }, /in must be a duration/],
    ['schedule', { workflow: 'w', parameters: 'x' }, /parameters/],
    ['scheduleOnList', { workflow: 'w', concurrency: 0 }, /concurrency/],
    ['scheduleOnList', { workflow: 'w', interval: 'x' }, /interval/],
    ['call', { workflow: 'w', parameters: [] }, /parameters/],
    ['http', { url: 'a.b' }, /not a URL/],
    ['http', { url: 'file:///etc/passwd' }, /https/],
    ['http', {}, /url must be a URL, but is nothing/],
    ['http', { url: 'https://a.b', method: 'NO' }, /method/],
    ['http', { url: 'https://a.b', body: 1 }, /has no body/],
    ['http', { url: 'https://a.b', headers: { 'a b': 1 } }, /header name/],
    ['http', { url: 'https://a.b', headers: { a: 'x\r\nb: c' } }, /line break/],
    ['http', { url: 'https://a.b', timeout: 'x' }, /timeout/],
    ['http', { url: 'https://a.b', query: 'x' }, /query/],
  ])('%s %j', (kind, input, detail) => {
    expect(stepKinds[kind].prepare(input)).toMatchObject({
      kind: 'refused',
      problem: { code: 'request.invalid', detail: expect.stringMatching(detail) as string },
    });
  });
});
