import { describe, expect, it } from 'vitest';
import type { Effect } from './effect.ts';
import { stepKinds, type StepKindName } from './registry.ts';

describe('an evaluated action becomes an effect', () => {
  it.each<[StepKindName, unknown, Effect]>([
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
    ['waitFor', { event: 'com.Shop.Paid', key: 17 }, { kind: 'waitFor', event: 'com.Shop.Paid', key: '17' }],
    ['emit', { type: 'order.paid' }, { kind: 'emit', event: { type: 'order.paid' } }],
    [
      'emit',
      { type: 'order.paid', subject: 'o1', data: null },
      { kind: 'emit', event: { type: 'order.paid', subject: 'o1', data: null } },
    ],
    ['emit', { type: 'order.paid', subject: null }, { kind: 'emit', event: { type: 'order.paid' } }],
    ['cancel', { run: 'r1', reason: 'paid' }, { kind: 'cancel', runs: ['r1'], lists: [], reason: 'paid' }],
    ['cancel', { runs: ['r1', null, 'r2'] }, { kind: 'cancel', runs: ['r1', 'r2'], lists: [] }],
    ['cancel', { list: 'l1' }, { kind: 'cancel', runs: [], lists: ['l1'] }],
    ['cancel', { lists: 'l1' }, { kind: 'cancel', runs: [], lists: ['l1'] }],
    ['cancel', {}, { kind: 'value', value: { cancelled: 0, unchanged: 0 } }],
    ['cancel', { run: null }, { kind: 'value', value: { cancelled: 0, unchanged: 0 } }],
    [
      'cancel',
      { where: { workflow: 'w', chainId: 'c', status: 'waiting' } },
      { kind: 'cancel', where: { workflow: 'w', chainId: 'c', status: 'waiting' } },
    ],
    [
      'setRecurrence',
      { workflow: 'w', key: 'k', every: { hours: 1 }, startAt: '2026-01-01T10:00:00+01:00' },
      {
        kind: 'setRecurrence',
        workflow: 'w',
        key: 'k',
        spec: { every: { hours: 1 }, startAt: '2026-01-01T09:00:00.000Z', parameters: {} },
      },
    ],
    [
      'setRecurrence',
      { workflow: 'w', key: 'k', cron: '0 8 * * *', timeZone: 'Europe/Berlin', parameters: { a: 1 } },
      {
        kind: 'setRecurrence',
        workflow: 'w',
        key: 'k',
        spec: { cron: '0 8 * * *', timeZone: 'Europe/Berlin', parameters: { a: 1 } },
      },
    ],
    [
      'setRecurrence',
      { workflow: 'w', key: 'k', none: true },
      { kind: 'setRecurrence', workflow: 'w', key: 'k', spec: null },
    ],
    ['log', 'Hi', { kind: 'log', level: 'info', message: 'Hi' }],
    ['log', { message: 7, level: 'warn', data: [1] }, { kind: 'log', level: 'warn', message: '7', data: [1] }],
    ['log', { id: 'o1' }, { kind: 'log', level: 'info', message: '{"id":"o1"}' }],
    ['log', undefined, { kind: 'log', level: 'info', message: '' }],
    ['progress', { done: 1, total: 2, message: 'Half' }, { kind: 'progress', done: 1, total: 2, message: 'Half' }],
    ['progress', { done: 0, message: null }, { kind: 'progress', done: 0 }],
    [
      'raise',
      { type: 'order.too_large' },
      {
        kind: 'raise',
        problem: {
          type: 'order.too_large',
          code: 'order.too_large',
          status: 422,
          title: 'The workflow raised an error',
        },
      },
    ],
    [
      'raise',
      { type: 'order.too_large', status: 409, title: 'Too large', detail: { by: 3 } },
      {
        kind: 'raise',
        problem: {
          type: 'order.too_large',
          code: 'order.too_large',
          status: 409,
          title: 'Too large',
          detail: '{"by":3}',
        },
      },
    ],
    ['stop', { return: { sent: false } }, { kind: 'stop', result: { sent: false } }],
    ['stop', {}, { kind: 'stop' }],
  ])('%s %j', (kind, input, effect) => {
    expect(stepKinds[kind].prepare(input)).toEqual(effect);
  });
});

describe('an evaluated action that makes no sense is refused', () => {
  it.each<[StepKindName, unknown, RegExp]>([
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
    ['waitFor', { event: 'order.paid' }, /^key must be a text or a number, but is nothing$/],
    ['waitFor', { event: '', key: 'k' }, /^event must be .*, but is an empty text$/],
    ['waitFor', { event: 'order.paid', key: 'k'.repeat(257) }, /^key must NOT have more than 256 characters$/],
    ['emit', { type: 'Order Paid' }, /^type must be lower-case words joined by dots/],
    ['emit', {}, /^type must be a text, but is nothing$/],
    ['emit', { type: 'order.paid', subject: {} }, /^subject must be a text or a number, but is an object$/],
    ['cancel', { runs: [7] }, /^runs must hold ids of runs, but one is a number$/],
    ['cancel', { list: '' }, /^lists must hold ids of lists, but one is an empty text$/],
    ['cancel', { where: null }, /^where must have at least one of/],
    ['cancel', { where: {} }, /^where must have at least one of/],
    ['cancel', { where: { workflow: 'w', chainId: null } }, /^where\.chainId must be a text, but is null$/],
    ['cancel', { where: { status: 'failed' } }, /^where\.status must be one of scheduled/],
    ['cancel', { run: 'r', reason: [] }, /^reason must be a text, but is a list$/],
    ['setRecurrence', { workflow: 'w', every: 'PT1H' }, /^key must be a text, but is nothing$/],
    ['setRecurrence', { workflow: 'w', key: 'a b', every: 'PT1H' }, /^key must be letters/],
    ['setRecurrence', { workflow: 'w', key: 'k' }, /^every or cron must be given/],
    ['setRecurrence', { workflow: 'w', key: 'k', every: 'x' }, /^every must be a duration, but is a string$/],
    ['setRecurrence', { workflow: 'w', key: 'k', every: 'PT0.1S' }, /^every must be at least one second$/],
    ['setRecurrence', { workflow: 'w', key: 'k', cron: '61 * * * *' }, /^cron must be a cron expression of five/],
    ['setRecurrence', { workflow: 'w', key: 'k', cron: 7 }, /^cron must be a text, but is a number$/],
    [
      'setRecurrence',
      { workflow: 'w', key: 'k', cron: '* * * * *', timeZone: 'Mars' },
      /^timeZone must be a time zone/,
    ],
    ['setRecurrence', { workflow: 'w', key: 'k', every: 'PT1H', startAt: 'x' }, /^startAt must be a date/],
    ['setRecurrence', { workflow: 'w', key: 'k', every: 'PT1H', parameters: [] }, /^parameters must be an object/],
    ['log', { message: 'x', level: 'loud' }, /^level must be one of debug, info, warn, error$/],
    ['progress', { done: -1 }, /^done must be a number of at least 0$/],
    ['progress', { total: '7' }, /^total must be a number/],
    ['progress', {}, /^done, total or message must be given/],
    ['raise', { type: 'large' }, /^type must be a code like order\.too_large/],
    ['raise', {}, /^type must be a text, but is nothing$/],
    ['raise', { type: 'a.b', status: 200 }, /^status must be a whole number from 400 to 599$/],
  ])('%s %j', (kind, input, detail) => {
    expect(stepKinds[kind].prepare(input)).toMatchObject({
      kind: 'refused',
      problem: { code: 'request.invalid', detail: expect.stringMatching(detail) as string },
    });
  });
});
