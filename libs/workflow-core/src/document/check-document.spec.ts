import type { TypeDefinition, Violation } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { KnownWorkflow } from '../steps/step-kind.ts';
import { checkDocument } from './check-document.ts';
import { parseDocument } from './parse-document.ts';

const types: TypeDefinition[] = [
  {
    name: 'user',
    fields: {
      email: { kind: 'text', required: true },
      firstName: { kind: 'text' },
      emailConfirmed: { kind: 'boolean' },
      unsubscribed: { kind: 'boolean' },
      invitedBy: { kind: 'reference', type: 'user' },
      welcomedAt: { kind: 'dateTime' },
      settings: { kind: 'json' },
    },
  },
  { name: 'order', fields: { total: { kind: 'number' }, status: { kind: 'text' } } },
];

const workflows: KnownWorkflow[] = [
  {
    name: 'send-offer',
    parameters: {
      type: 'object',
      properties: {
        user: { type: 'object' },
        template: { type: 'string', default: 'offer' },
        discount: { type: 'number' },
      },
      required: ['user', 'template'],
      additionalProperties: false,
    },
  },
  { name: 'report' },
];

const read = (yaml: string): unknown => {
  const parsed = parseDocument(yaml, 'yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
};

const violationsOf = (yaml: string): Violation[] => {
  const checked = checkDocument(read(yaml), { types, workflows });
  return checked.ok ? [] : checked.violations;
};

/** A document of one step. */
const step = (body: string): string => `workflow: w\ndo:\n  - s: { ${body} }`;

describe('a document with one mistake', () => {
  it.each<[string, string, string, RegExp, string?]>([
    ['no object', '[1]', '', /must be an object/],
    ['a missing name', 'do: [{ s: { set: 1 } }]', '/workflow', /is required/],
    ['a bad name', 'workflow: My Flow\ndo: [{ s: { set: 1 } }]', '/workflow', /lower-case words/],
    ['an unknown key', `${step('set: 1')}\ntrigers: []`, '/trigers', /not known here/, 'triggers'],
    ['an unknown key of expose', `${step('set: 1')}\nexpose: { auht: user }`, '/expose/auht', /not known here/, 'auth'],
    ['a wrong auth', `${step('set: 1')}\nexpose: { auth: users }`, '/expose/auth', /one of none, user, admin/, 'user'],
    ['a wrong method', `${step('set: 1')}\nexpose: { methods: [POTS] }`, '/expose/methods/0', /one of GET/, 'POST'],
    [
      'parameters that are no schema',
      `${step('set: 1')}\nparameters: { type: object, properties: { a: { type: strin } } }`,
      '/parameters',
      /not a JSON Schema/,
    ],
    [
      'parameters of no object',
      `${step('set: 1')}\nparameters: { type: string }`,
      '/parameters/type',
      /must be object/,
    ],
    ['no steps', 'workflow: w', '/do', /is required/],
    ['steps that are no list', 'workflow: w\ndo: { s: { set: 1 } }', '/do', /list of steps/],
    ['an empty list of steps', 'workflow: w\ndo: []', '/do', /at least one/],
    ['a step with two keys', 'workflow: w\ndo: [{ a: { set: 1 }, b: { set: 2 } }]', '/do/0', /has a, b/],
    ['a step that is a text', 'workflow: w\ndo: [set]', '/do/0', /one key/],
    ['two steps of one name', 'workflow: w\ndo: [{ a: { set: 1 } }, { a: { set: 2 } }]', '/do/1/a', /already/],
    ['a reserved name', 'workflow: w\ndo: [{ trigger: { set: 1 } }]', '/do/0/trigger', /meaning of its own/],
    ['the name of a round', 'workflow: w\ndo: [{ previous: { set: 1 } }]', '/do/0/previous', /meaning of its own/],
    ['the name of secrets', 'workflow: w\ndo: [{ secrets: { set: 1 } }]', '/do/0/secrets', /meaning of its own/],
    [
      'a word of the language',
      'workflow: w\ndo: [{ and: { set: 1 } }]',
      '/do/0/and',
      /word of the expression language/,
    ],
    ['a name that is none', "workflow: w\ndo: [{ 'a-b': { set: 1 } }]", '/do/0/a-b', /letter and then/],
    ['a step without an action', step('if: "1 = 1"'), '/do/0/s', /needs an action/],
    ['a step with two', step('set: 1, wait: PT1S'), '/do/0/s', /has set, wait/],
    [
      'an unknown action',
      step('shedule: { workflow: report }'),
      '/do/0/s/shedule',
      /neither an action nor/,
      'schedule',
    ],
    ['an unknown option', step('set: 1, fi: a'), '/do/0/s/fi', /neither an action nor/, 'if'],
    [
      'an unknown key of an action',
      step('get: { type: user, id: a, idd: b }'),
      '/do/0/s/get/idd',
      /not known here/,
      'id',
    ],
    ['a missing key of an action', step('get: { type: user }'), '/do/0/s/get/id', /is required/],
    ['an action that is no object', step('get: user'), '/do/0/s/get', /must be an object/],
    ['a bad condition', step('set: 1, if: "a +"'), '/do/0/s/if', /Unexpected end of expression/],
    ['a condition that is no text', step('set: 1, if: 3'), '/do/0/s/if', /must be an expression/],
    ['a bad expression', step('set: { x: [=1 + ] }'), '/do/0/s/set/x/0', /at character/],
    [
      'an unknown name',
      step('set: =paramters.x'),
      '/do/0/s/set',
      /paramters is not in scope \(at character/,
      'parameters',
    ],
    [
      'its own result',
      step('set: =s.x'),
      '/do/0/s/set',
      /is not done at this place .*: a step does not see its own result/,
    ],
    [
      'a later step',
      'workflow: w\ndo: [{ a: { set: =b } }, { b: { set: 1 } }]',
      '/do/0/a/set',
      /b is not done at this place .*: it comes later/,
    ],
    ['an unknown function', step('set: =$exist(parameters)'), '/do/0/s/set', /\$exist is not known/, '$exists'],
    ['an unknown field of run', step('set: =run.iteraton'), '/do/0/s/set', /run has no field/, 'iteration'],
    ['an unknown type', step('get: { type: usr, id: a }'), '/do/0/s/get/type', /no type usr/, 'user'],
    ['a type by expression', step('get: { type: =item.type, id: a }'), '/do/0/s/get/type', /not an expression/],
    [
      'an unknown field',
      step('change: { type: user, id: a, fields: { emial: b } }'),
      '/do/0/s/change/fields/emial',
      /no field emial/,
      'email',
    ],
    [
      'a kept field',
      step('change: { type: user, id: a, fields: { createdAt: b } }'),
      '/do/0/s/change/fields/createdAt',
      /kept by Nightshift/,
    ],
    [
      'a missing required field',
      step('create: { type: user, fields: {} }'),
      '/do/0/s/create/fields/email',
      /required by the type user/,
    ],
    [
      'an unknown field in where',
      step('search: { type: user, where: { or: [{ not: { emial: a } }] } }'),
      '/do/0/s/search/where/or/0/not/emial',
      /no field emial/,
      'email',
    ],
    [
      'an unknown operator',
      step('search: { type: user, where: { email: { startWith: a } } }'),
      '/do/0/s/search/where/email/startWith',
      /not an operator/,
      'startsWith',
    ],
    [
      'an unknown field in sort',
      step('search: { type: user, sort: [-creatdAt] }'),
      '/do/0/s/search/sort/0',
      /no field creatdAt/,
      'createdAt',
    ],
    ['a limit too large', step('search: { type: user, limit: 5000 }'), '/do/0/s/search/limit', /at most 1000/],
    [
      'an unknown field of a result',
      'workflow: w\ndo: [{ u: { get: { type: user, id: a } } }, { s: { set: =u.emial } }]',
      '/do/1/s/set',
      /the type user has no field emial/,
      'email',
    ],
    [
      'an unknown field of found things',
      'workflow: w\ndo: [{ f: { search: { type: user } } }, { s: { set: =f.items.emial } }]',
      '/do/1/s/set',
      /no field emial/,
      'email',
    ],
    [
      'an unknown field of a search',
      'workflow: w\ndo: [{ f: { search: { type: user } } }, { s: { set: =f.item } }]',
      '/do/1/s/set',
      /the result of a search has no field item/,
      'items',
    ],
    [
      'an unknown trigger type',
      `${step('set: 1')}\ntriggers: [{ change: usr }]`,
      '/triggers/0/change',
      /no type usr/,
      'user',
    ],
    [
      'an unknown kind',
      `${step('set: 1')}\ntriggers: [{ change: user, kinds: [create] }]`,
      '/triggers/0/kinds/0',
      /one of created/,
      'created',
    ],
    [
      'an unknown field that is watched',
      `${step('set: 1')}\ntriggers: [{ change: user, fields: [id, emial] }]`,
      '/triggers/0/fields/1',
      /no field emial/,
      'email',
    ],
    [
      'watched fields of what is only created',
      `${step('set: 1')}\ntriggers: [{ change: user, kinds: [created], fields: [email] }]`,
      '/triggers/0/fields',
      /without changed/,
    ],
    [
      'a trigger per something else',
      `${step('set: 1')}\ntriggers: [{ change: user, per: run }]`,
      '/triggers/0/per',
      /one of change/,
    ],
    [
      'an unknown field in when',
      `${step('set: 1')}\ntriggers: [{ change: user, when: now.emial != before.email }]`,
      '/triggers/0/when',
      /no field emial/,
      'email',
    ],
    [
      'a name not in scope in when',
      `${step('set: 1')}\ntriggers: [{ change: user, when: user.email != "" }]`,
      '/triggers/0/when',
      /user is not in scope/,
    ],
    [
      'an unknown field of the trigger',
      `${step('set: =trigger.now.emial')}\ntriggers: [{ change: user }]`,
      '/do/0/s/set',
      /no field emial/,
      'email',
    ],
    [
      'an unknown workflow',
      step('call: { workflow: send-ofer, parameters: {} }'),
      '/do/0/s/call/workflow',
      /no workflow send-ofer/,
      'send-offer',
    ],
    [
      'an unknown last workflow',
      step('scheduleOnList: { workflow: report, items: [], onComplete: reports }'),
      '/do/0/s/scheduleOnList/onComplete',
      /no workflow reports/,
      'report',
    ],
    [
      'an unknown parameter',
      step('call: { workflow: send-offer, parameters: { user: {}, discont: 1 } }'),
      '/do/0/s/call/parameters/discont',
      /no parameter discont/,
      'discount',
    ],
    [
      'a missing parameter',
      step('schedule: { workflow: send-offer }'),
      '/do/0/s/schedule/parameters/user',
      /required by send-offer/,
    ],
    [
      'a wrong parameter',
      step('call: { workflow: send-offer, parameters: { user: {}, discount: much } }'),
      '/do/0/s/call/parameters/discount',
      /must be number/,
    ],
    [
      'an unknown item parameter',
      step('scheduleOnList: { workflow: send-offer, items: [], as: usr, parameters: { user: {} } }'),
      '/do/0/s/scheduleOnList/as',
      /no parameter usr/,
      'user',
    ],
    [
      'in and at',
      step('schedule: { workflow: report, in: PT1S, at: "2026-01-01T00:00:00Z" }'),
      '/do/0/s/schedule',
      /not both/,
    ],
    [
      'a bad date',
      step('schedule: { workflow: report, at: tomorrow }'),
      '/do/0/s/schedule/at',
      /date with time and zone/,
    ],
    ['a bad duration', step('wait: 5 minutes'), '/do/0/s/wait', /must be .*ISO 8601 duration/],
    ['an unknown unit', step('wait: { minuts: 5 }'), '/do/0/s/wait/minuts', /not known here/, 'minutes'],
    ['an empty duration', step('wait: {}'), '/do/0/s/wait', /at least one of/],
    ['a negative duration', step('wait: { minutes: -5 }'), '/do/0/s/wait/minutes', /at least 0/],
    ['a bad wait until', step('wait: { until: noon }'), '/do/0/s/wait/until', /date with time and zone/],
    [
      'a bad retry',
      step('http: { url: "https://a.b" }, retry: { delay: PT1S, limit: { attempt: 3, attempts: 5 } }'),
      '/do/0/s/retry/limit/attempt',
      /not known here/,
      'attempts',
    ],
    [
      'a bad backoff',
      step('set: 1, retry: { delay: PT1S, backoff: exponentiel, limit: { attempts: 5 } }'),
      '/do/0/s/retry/backoff',
      /one of constant/,
      'exponential',
    ],
    [
      'a bad http method',
      step('http: { url: "https://a.b", method: GETT }'),
      '/do/0/s/http/method',
      /one of GET/,
      'GET',
    ],
    ['a bad return', `${step('set: 1')}\nreturn: { x: =t }`, '/return/x', /t is not in scope/],
  ])('%s', (_, yaml, pointer, detail, suggestion) => {
    const violations = violationsOf(yaml);
    expect(violations).toEqual([
      { pointer, detail: expect.stringMatching(detail) as string, ...(suggestion !== undefined && { suggestion }) },
    ]);
  });
});

it('names all mistakes at once', () => {
  const pointers = violationsOf(`
workflow: w
titel: x
do:
  - a: { get: { type: usr, id: =parms.id } }
  - a: { set: =1 + }
  - c: { whait: PT1S }
return: =zzz
`).map(({ pointer }) => pointer);
  expect(pointers).toEqual([
    '/titel',
    '/do/0/a/get/id',
    '/do/0/a/get/type',
    '/do/1/a',
    '/do/1/a/set',
    '/do/2/c/whait',
    '/return',
  ]);
});

it('never throws on anything that JSON can hold', () => {
  for (const value of [
    null,
    1,
    'x',
    {},
    { do: null },
    { do: [null] },
    { do: [{ a: null }] },
    { do: [{ a: { get: null } }] },
    { triggers: [null], parameters: 1, workflow: null, do: [{ a: { set: null, if: {}, retry: [] } }] },
    { do: [{ a: { wait: null } }, { b: { call: [] } }, { __proto__x: { http: 1 } }] },
    { do: [{ a: { search: { type: 'user', where: [], sort: 'x' } } }] },
  ])
    expect(checkDocument(value, { types, workflows }).ok).toBe(false);
});

it('takes the workflow itself by what it says now', () => {
  const self = (parameters: string): string =>
    `workflow: send-offer\nparameters: ${parameters}\ndo: [{ s: { schedule: { workflow: send-offer, parameters: { left: 1 } } } }]`;
  expect(violationsOf(self('{ type: object, properties: { left: {} }, additionalProperties: false }'))).toEqual([]);
  expect(violationsOf(self('{ type: object, required: 5 }'))).toMatchObject([{ pointer: '/parameters' }]);
});

it('refuses what is nested without end', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  const checked = checkDocument({ workflow: 'w', do: [{ s: { set: deep } }] }, { types, workflows });
  expect(checked).toMatchObject({ ok: false, violations: [{ detail: 'is nested more than 100 deep' }] });
});
