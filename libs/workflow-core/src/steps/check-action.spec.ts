import { compileSchema, type Json, type TypeDefinition, type Violation } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSchema } from '../document/check-schema.ts';
import { compileTemplate } from '../expressions/template.ts';
import type { Action } from './action.ts';
import { stepKindNames, stepKinds, type StepKindName } from './registry.ts';
import type { Place, StepKind } from './step-kind.ts';

const types: TypeDefinition[] = [
  {
    name: 'user',
    fields: {
      email: { kind: 'text', required: true, unique: true },
      born: { kind: 'date' },
      seenAt: { kind: 'dateTime' },
      isAdmin: { kind: 'boolean' },
      visits: { kind: 'integer' },
      credit: { kind: 'number' },
      tags: { kind: 'json', required: true },
      friend: { kind: 'reference', type: 'user' },
    },
  },
];
const workflows = [
  {
    name: 'remind',
    parameters: { type: 'object', properties: { user: {} }, required: ['user'], additionalProperties: false },
  },
];
const place: Place = {
  pointer: '',
  types: new Map(types.map((type) => [type.name, type])),
  workflows: new Map(workflows.map((workflow) => [workflow.name, workflow])),
};

const violationsOf = (kind: StepKindName, action: unknown): Violation[] => {
  const { schema, check }: StepKind = stepKinds[kind];
  const violations = checkSchema(schema, action, '');
  return typeof action === 'object' && action !== null && !Array.isArray(action)
    ? [...violations, ...check(action as Action, place)]
    : violations;
};

const user = { type: 'user' };
const url = 'https://a.b';
const letter = { to: 'a@b.c', text: 'Hi' };
const daily = { workflow: 'remind', key: 'k', parameters: { user: 1 } };

const right: [StepKindName, Action | string][] = [
  ['create', { ...user, fields: { email: 'a', tags: [], born: '2026-01-31', visits: 1, isAdmin: true, credit: 0.5 } }],
  ['get', { ...user, id: '=x', strict: true }],
  ['change', { ...user, id: '=x', fields: { email: '=x', seenAt: '2026-01-31T09:00:00+01:00', friend: null } }],
  [
    'change',
    {
      ...user,
      id: '=x',
      fields: { email: '==x' },
      add: { tags: 1 },
      clear: ['born', '=x'],
      increment: { visits: -1, credit: '=x' },
      strict: true,
    },
  ],
  ['change', { ...user, id: '=x', addList: { tags: '=x' } }],
  ['change', { ...user, id: '=x', removeList: '=x', increment: '=x', clear: '=x' }],
  ['changeList', { ...user, list: '=x', clear: ['tags'] }],
  ['changeList', { ...user, list: ['=x', 'id'], fields: '=x' }],
  ['changeList', { ...user, where: {}, fields: { visits: 0 } }],
  ['delete', { ...user, id: '=x' }],
  ['delete', { ...user, where: { or: [{ email: 'a' }, { not: { born: null } }] }, strict: true }],
  ['copy', { ...user, id: '=x', fields: { email: '=x' } }],
  ['copy', { ...user, list: '=x', fields: '=x' }],
  [
    'search',
    {
      ...user,
      count: true,
      strict: true,
      aggregates: {
        a: { sum: 'credit' },
        b: { average: 'visits' },
        c: { min: 'createdAt' },
        d: { max: 'email' },
        e: { count: true },
      },
    },
  ],
  [
    'http',
    { url, method: 'POST', json: { a: '=x' }, auth: { bearer: '=x' }, maxBytes: 9, errors: 'data', expect: 'auto' },
  ],
  ['http', { url: '=x', multipart: { a: 'b', f: { fileName: 'a', content: '=x' }, n: 1, l: ['=x'] } }],
  ['http', { url, form: '=x', auth: { basic: { user: 'a', password: '=x' } }, headers: { 'X-A': 1 } }],
  ['http', { url, base64: 'AAE=' }],
  ['email', { ...letter, cc: ['=x', 'Ada <a@b.c>'], headers: { 'List-Id': '=x' } }],
  ['email', { to: '=x', template: '=parameters.template', data: { name: '=x' } }],
  ['email', { to: ['=x'], template: { subject: '{{ a.b }}', html: '{{ a.c }}' }, data: { a: '=x' } }],
  ['email', { ...letter, attachments: [{ fileName: '=x', base64: '=x' }, '=x'] }],
  ['email', { ...letter, attachments: '=x' }],
  ['waitFor', { event: 'order.paid', key: '=x' }],
  ['emit', { type: 'com.example.order.paid', subject: '=x', data: { a: '=x' } }],
  ['emit', { type: '=x' }],
  ['cancel', { run: '=x', reason: 'paid' }],
  ['cancel', { runs: ['=x'] }],
  ['cancel', { list: '=x' }],
  ['cancel', { lists: '=x' }],
  ['cancel', { where: { workflow: 'remind', chainId: '=x', status: '=x' } }],
  ['setRecurrence', { ...daily, every: { days: '=x' }, startAt: '=x' }],
  ['setRecurrence', { ...daily, cron: '0 8 * * *', timeZone: 'Europe/Berlin', startAt: '2026-01-31T09:00:00Z' }],
  [
    'setRecurrence',
    { ...daily, calendar: { frequency: 'monthly', day: '=x', at: '08:00' }, thing: '=x', overlap: 'skip' },
  ],
  ['setRecurrence', { workflow: 'remind', key: '=x', none: true }],
  ['log', 'Hi'],
  ['log', { message: '=x', level: '=x', data: '=x' }],
  ['progress', { done: '=x', total: 7, message: 'Half' }],
  ['raise', { type: 'order.too_large', status: 409, title: 'x', detail: '=x' }],
  ['stop', {}],
  ['stop', { return: { a: '=x' } }],
];

it.each(right)('%s %j is right', (kind, action) => {
  expect(violationsOf(kind, action)).toEqual([]);
});

describe('an action with one mistake', () => {
  it.each<[StepKindName, Action, string, RegExp, string?]>([
    ['create', { ...user, fields: { email: 7, tags: [] } }, '/fields/email', /^must be a text$/],
    ['create', { ...user, fields: { email: 'a', tags: null } }, '/fields/tags', /^is required and cannot be null$/],
    ['change', { ...user, id: '=x' }, '', /^needs something to change: fields, add/],
    ['change', { ...user, id: '=x', field: {}, clear: ['born'] }, '/field', /not known here/, 'fields'],
    ['change', { ...user, id: '=x', fields: { visits: 1.5 } }, '/fields/visits', /^must be a whole number$/],
    ['change', { ...user, id: '=x', fields: { credit: '1' } }, '/fields/credit', /^must be a number$/],
    ['change', { ...user, id: '=x', fields: { isAdmin: 'yes' } }, '/fields/isAdmin', /^must be true or false$/],
    ['change', { ...user, id: '=x', fields: { born: '31.1.2026' } }, '/fields/born', /^must be a date, as in/],
    ['change', { ...user, id: '=x', fields: { seenAt: '2026-01-31' } }, '/fields/seenAt', /^must be a date with time/],
    ['change', { ...user, id: '=x', fields: { friend: {} } }, '/fields/friend', /^must be the id of a thing$/],
    ['change', { ...user, id: '=x', add: { tag: 1 } }, '/add/tag', /no field tag/, 'tags'],
    [
      'change',
      { ...user, id: '=x', remove: { email: 1 } },
      '/remove/email',
      /^remove needs a list or a field of kind json, but/,
    ],
    ['change', { ...user, id: '=x', addList: { tags: 1 } }, '/addList/tags', /^must be a list or an expression$/],
    [
      'change',
      { ...user, id: '=x', increment: { email: 1 } },
      '/increment/email',
      /number or integer, but email is of/,
    ],
    [
      'change',
      { ...user, id: '=x', increment: { visits: 0.5 } },
      '/increment/visits',
      /^must be a whole number, because/,
    ],
    ['change', { ...user, id: '=x', increment: { id: 1 } }, '/increment/id', /kept by Nightshift/],
    ['change', { ...user, id: '=x', clear: ['brn'] }, '/clear/0', /no field brn/, 'born'],
    ['change', { ...user, id: '=x', clear: ['email'] }, '/clear/0', /^email is required and cannot be cleared$/],
    ['change', { ...user, id: '=x', add: { tags: 1 }, clear: ['tags'] }, '/clear/0', /^is in add already/],
    [
      'change',
      { ...user, id: '=x', fields: { visits: 1 }, increment: { visits: 1 } },
      '/increment/visits',
      /^is in fields/,
    ],
    ['changeList', { ...user, fields: { visits: 1 } }, '', /^needs one of list, where$/],
    [
      'changeList',
      { ...user, list: '=x', where: {}, clear: ['tags'] },
      '',
      /^may have one of .*, but has list and where$/,
    ],
    ['changeList', { ...user, where: '=x', clear: ['tags'] }, '/where', /^must be an object$/],
    ['changeList', { ...user, where: { and: [{}] }, clear: ['tags'] }, '/where/and/0', /^must have a condition/],
    ['changeList', { ...user, where: { emial: 1 }, clear: ['tags'] }, '/where/emial', /no field emial/, 'email'],
    ['changeList', { ...user, list: [7], clear: ['tags'] }, '/list/0', /^must be a thing or its id$/],
    ['delete', { ...user }, '', /^needs one of id, list, where$/],
    ['delete', { ...user, where: { not: {} } }, '/where/not', /^must have a condition/],
    ['delete', { type: 'usr', id: '=x' }, '/type', /no type usr/, 'user'],
    ['copy', { ...user, id: '=x' }, '/fields/email', /^is required: email is unique/],
    ['copy', { ...user, id: '=x', fields: { email: '=x', id: 'a' } }, '/fields/id', /kept by Nightshift/],
    ['get', { ...user, id: '=x', strict: 'yes' }, '/strict', /^must be true or false$/],
    ['search', { ...user, aggregates: { a: { smu: 'credit' } } }, '/aggregates/a/smu', /not known here/, 'sum'],
    ['search', { ...user, aggregates: { a: { sum: 'credti' } } }, '/aggregates/a/sum', /no field credti/, 'credit'],
    [
      'search',
      { ...user, aggregates: { a: { sum: 'email' } } },
      '/aggregates/a/sum',
      /^sum needs a field of kind number/,
    ],
    [
      'search',
      { ...user, aggregates: { a: { max: 'isAdmin' } } },
      '/aggregates/a/max',
      /but isAdmin is of kind boolean$/,
    ],
    ['search', { ...user, aggregates: { a: { min: 'id' } } }, '/aggregates/a/min', /but id is of kind reference$/],
    ['search', { ...user, aggregates: { a: {} } }, '/aggregates/a', /^must have exactly one of count, sum/],
    ['search', { ...user, aggregates: { a: { count: false } } }, '/aggregates/a/count', /^must be true/],
    ['search', { ...user, aggregates: { 'a b': { count: true } } }, '/aggregates/a b', /^must be named with a letter/],
    ['http', { url: 'a.b' }, '/url', /^must be a URL that begins with https/],
    ['http', { url: 'https://me:pw@a.b' }, '/url', /^holds a user or password/],
    ['http', { url, body: 1, form: {} }, '', /^may have one of body, json, .*, but has body and form$/],
    ['http', { url, base64: '-' }, '/base64', /^must be base64$/],
    ['http', { url, multipart: { a: { fileName: 'a' } } }, '/multipart/a', /^needs one of content, base64$/],
    [
      'http',
      { url, multipart: { a: { filename: 'b', fileName: 'a', content: 'x' } } },
      '/multipart/a/filename',
      /not known/,
      'fileName',
    ],
    ['http', { url, headers: { 'a b': 1 } }, '/headers/a b', /^is not a valid header name$/],
    ['http', { url, auth: {} }, '/auth', /^needs one of basic, bearer$/],
    [
      'http',
      { url, auth: { bearer: 'a' }, headers: { Authorization: 'b' } },
      '/headers/Authorization',
      /^is set by auth$/,
    ],
    ['http', { url, auth: { basic: { user: 'a' } } }, '/auth/basic/password', /^is required$/],
    ['http', { url, expect: 'jsn' }, '/expect', /^must be one of auto/, 'json'],
    ['http', { url, errors: 'ignore' }, '/errors', /^must be one of fail, data$/],
    ['email', { ...letter, to: [] }, '/to', /^must have at least one address$/],
    ['email', { ...letter, cc: ['a@b.c', 'x'] }, '/cc/1', /^must be an address, as in/],
    ['email', { ...letter, from: 'a@b.c, d@e.f' }, '/from', /several are a list$/],
    ['email', { to: '=x' }, '', /^needs text, html or a template$/],
    ['email', { ...letter, template: 'x' }, '', /^may have a template or text, not both$/],
    ['email', { ...letter, data: {} }, '/data', /^is for a template/],
    ['email', { ...letter, subject: 'a\nb' }, '/subject', /^must be one line$/],
    ['email', { to: '=x', template: { subject: 'a' } }, '/template', /^needs text or html$/],
    ['email', { to: '=x', template: { text: '{{ user name }}' } }, '/template/text', /is not a path/],
    ['email', { to: '=x', template: 'Hi {{ nmae }}', data: { name: '=x' } }, '/template', /^data has no nmae/, 'name'],
    ['email', { ...letter, headers: { bcc: 'a@b.c' } }, '/headers/bcc', /^is set by the step itself$/],
    ['email', { ...letter, attachments: [{ fileName: 'a' }] }, '/attachments/0', /^needs one of content, base64$/],
    [
      'email',
      { ...letter, attachments: [{ fileName: 'a', content: 'x', contentType: 'pdf' }] },
      '/attachments/0/contentType',
      /media type/,
    ],
    ['waitFor', { event: 'a.b' }, '/key', /^is required$/],
    ['emit', { type: 'OrderPaid' }, '/type', /^must be lower-case words joined by dots/],
    ['cancel', {}, '', /^needs one of run, runs, list, lists, where$/],
    ['cancel', { run: '=x', where: { workflow: 'remind' } }, '', /but has run and where$/],
    ['cancel', { where: {} }, '/where', /^needs at least one of workflow/],
    ['cancel', { where: { workflow: 'remnd' } }, '/where/workflow', /no workflow remnd/, 'remind'],
    ['cancel', { where: { status: 'failed' } }, '/where/status', /^must be one of scheduled/],
    ['cancel', { where: { chain: 'c' } }, '/where/chain', /not known here/, 'chainId'],
    ['setRecurrence', { ...daily }, '', /^needs one of every, calendar, cron, none$/],
    ['setRecurrence', { ...daily, every: 'PT1H', cron: '* * * * *' }, '', /but has every and cron$/],
    ['setRecurrence', { ...daily, every: { milliseconds: 5 } }, '/every', /^must be at least one second$/],
    ['setRecurrence', { ...daily, calendar: { frequency: 'daily' } }, '/calendar/at', /^is required$/],
    [
      'setRecurrence',
      { ...daily, calendar: { frequency: 'weekly', at: '08:00' } },
      '/calendar/days',
      /^is required by a weekly calendar$/,
    ],
    [
      'setRecurrence',
      { ...daily, every: 'PT1H', exclude: [{ from: '2026-02-01', to: '2026-01-01' }] },
      '/exclude/0/to',
      /before from/,
    ],
    [
      'setRecurrence',
      { ...daily, every: 'PT1H', thing: { type: 'usr', id: '=x' } },
      '/thing/type',
      /^there is no type usr$/,
      'user',
    ],
    ['setRecurrence', { ...daily, cron: '* * *' }, '/cron', /five or six fields/],
    ['setRecurrence', { ...daily, cron: '=x', timeZone: 'Europe/Berln' }, '/timeZone', /no time zone/, 'Europe/Berlin'],
    ['setRecurrence', { ...daily, every: 'PT1H', startAt: 'noon' }, '/startAt', /^must be a date with time and zone/],
    ['setRecurrence', { ...daily, key: 'a b', every: 'PT1H' }, '/key', /^must be letters, digits/],
    ['setRecurrence', { ...daily, none: true }, '/parameters', /^has no meaning beside none$/],
    ['setRecurrence', { workflow: 'remind', key: 'k', none: false }, '/none', /^must be true/],
    ['setRecurrence', { workflow: 'remnd', key: 'k', none: true }, '/workflow', /no workflow remnd/, 'remind'],
    ['setRecurrence', { workflow: 'remind', key: 'k', every: 'PT1H' }, '/parameters/user', /^is required by remind$/],
    ['log', { message: 'x', level: 'wran' }, '/level', /^must be one of debug/, 'warn'],
    ['progress', {}, '', /^needs at least one of done, total, message$/],
    ['progress', { done: 3, total: 2 }, '/done', /^must not be more than total$/],
    ['raise', { type: 'large' }, '/type', /^must be a code like order\.too_large/],
    ['raise', { type: 'a.b', status: 200 }, '/status', /^must be at least 400$/],
    ['stop', { returns: 1 }, '/returns', /not known here/, 'return'],
  ])('%s %j', (kind, action, pointer, detail, suggestion) => {
    expect(violationsOf(kind, action)).toEqual([
      { pointer, detail: expect.stringMatching(detail) as string, ...(suggestion !== undefined && { suggestion }) },
    ]);
  });
});

it.each<[StepKindName, Action, string[] | undefined]>([
  ['delete', { ...user, list: '=x' }, ['deleted']],
  ['delete', { ...user, id: '=x' }, ['id', 'createdAt', 'updatedAt', 'createdBy', ...Object.keys(types[0]!.fields)]],
  ['search', { ...user }, ['items', 'nextCursor']],
  ['search', { ...user, count: true, aggregates: { a: {} } }, ['items', 'nextCursor', 'count', 'aggregates']],
  ['cancel', { run: '=x' }, ['cancelled', 'unchanged']],
  ['waitFor', { event: 'a', key: 'b' }, ['id', 'source', 'type', 'subject', 'time', 'data']],
])('the result of %s %j is known before there is one', (kind, action, fields) => {
  const { resultShape }: StepKind = stepKinds[kind];
  expect(Object.keys(resultShape(action, place.types, place.workflows)?.fields ?? {})).toEqual(fields);
});

it('only what may happen twice announces its start, and only data may be asked for in a transaction', () => {
  const having = (flag: keyof StepKind): string[] =>
    stepKindNames.filter((kind) => (stepKinds[kind] as StepKind)[flag] === true);
  expect(having('announcesStart')).toEqual(['http', 'email']);
  expect(having('seesSecrets')).toEqual(['http', 'email']);
  const data = ['create', 'change', 'changeList', 'copy', 'delete', 'get', 'search'];
  expect(having('isTransactional')).toEqual([...data, 'set', 'raise']);
  const unrecorded = stepKindNames.filter((kind) => !stepKinds[kind].isRecorded);
  expect(unrecorded).toEqual(['set', 'emit', 'log', 'progress', 'respond', 'raise', 'stop']);
});

describe('a condition whose expression gives nothing does not become wider', () => {
  const prepared = (kind: StepKindName, action: Json): unknown => {
    const { nullIn, prepare }: StepKind = stepKinds[kind];
    const template = compileTemplate(
      action,
      '',
      nullIn?.map((part) => `/${part}`),
    );
    const env = { now: new Date(0), random: () => 0, uuid: () => '' };
    return prepare(template.evaluate({ parameters: {} }, env));
  };
  it.each<StepKindName>(['search', 'changeList', 'delete', 'copy'])('%s', (kind) => {
    const where = { email: '=parameters.email', or: [{ visits: '=parameters.visits' }] };
    const conditions = { email: null, or: [{ visits: null }] };
    const effect = prepared(kind, { ...user, where });
    expect(effect).toMatchObject({
      request: kind === 'search' ? { search: { where: conditions } } : { where: conditions },
    });
    expect(prepared(kind, { ...user, where: '=parameters.where' })).toMatchObject({ kind: 'refused' });
  });

  it.each<StepKindName>(['delete', 'copy'])('%s by an id that is not there is refused', (kind) => {
    expect(prepared(kind, { type: 'user', id: '=parameters.id' })).toMatchObject({ kind: 'refused' });
  });

  it('cancel', () => {
    const where = { workflow: 'remind', chainId: '=parameters.chain' };
    expect(prepared('cancel', { where })).toMatchObject({ kind: 'refused' });
  });
});

/** The value with one member, somewhere, replaced by something else. */
const damaged = (value: unknown, path: readonly number[], replacement: unknown): unknown => {
  const [turn, ...rest] = path;
  if (turn === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  if (keys.length === 0) return replacement;
  const key = keys[turn % keys.length] as string;
  const part = damaged((value as Record<string, unknown>)[key], rest, replacement);
  return Array.isArray(value) ? value.with(Number(key), part) : { ...value, [key]: part };
};

it('an action damaged anywhere is found wrong or fits its schema, and is prepared or refused', () => {
  const fits = new Map(stepKindNames.map((kind) => [kind, compileSchema((stepKinds[kind] as StepKind).schema)]));
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('=x', '==', 'user', 'remind', 'email', 'PT1S', true, 0, -1, null, [], {}, [[]], [null], { id: '' }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...right),
      fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 5 }),
      anything,
      ([kind, action], path, replacement) => {
        const given = damaged(action, path, replacement);
        expect(stepKinds[kind].prepare(given)).toHaveProperty('kind');
        return violationsOf(kind, given).length > 0 || fits.get(kind)!(given).ok;
      },
    ),
    { numRuns: 1000 },
  );
});
