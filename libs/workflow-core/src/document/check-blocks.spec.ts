import { describe, expect, it } from 'vitest';
import { checkDocument } from './check-document.ts';
import { parseDocument } from './parse-document.ts';

const violationsOf = (yaml: string) => {
  const parsed = parseDocument(yaml, 'yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.violations));
  const checked = checkDocument(parsed.value, {
    types: [{ name: 'thing', fields: {} }],
    workflows: [{ name: 'child' }],
  });
  return checked.ok ? [] : checked.violations;
};

const refused = (steps: string, pointer: string, detail: RegExp, suggestion?: string): void => {
  const whole = steps.startsWith('-') ? `do:\n${steps}` : steps;
  expect(violationsOf(`workflow: w\n${whole}`)).toEqual([
    { pointer, detail: expect.stringMatching(detail) as string, ...(suggestion !== undefined && { suggestion }) },
  ]);
};

const accepted = (steps: string): void => expect(violationsOf(`workflow: w\ndo:\n${steps}`)).toEqual([]);

const one = '[{ t: { set: 1 } }]';

describe('the form of a block', () => {
  it.each<[string, string, string, RegExp, string?]>([
    ['do that is no list', '- s: { do: { t: { set: 1 } } }', '/do/0/s/do', /must be a list of steps/],
    ['do without steps', '- s: { do: [] }', '/do/0/s/do', /at least one step/],
    ['a mistake inside', '- s: { do: [{ t: { sett: 1 } }] }', '/do/0/s/do/0/t/sett', /neither an action/, 'set'],
    ['two blocks', `- s: { do: ${one}, try: [{ u: { set: 1 } }], catch: {} }`, '/do/0/s', /has do, try|has try, do/],
    ['try without catch', `- s: { try: ${one} }`, '/do/0/s', /needs a `catch` beside `try`/],
    [
      'the same name in and outside',
      `- t: { set: 1 }\n- s: { do: ${one} }`,
      '/do/1/s/do/0/t',
      /there is a step t already/,
    ],

    ['a switch that is no list', `- s: { switch: { a: { do: ${one} } } }`, '/do/0/s/switch', /must be a list/],
    ['a switch without cases', '- s: { switch: [] }', '/do/0/s/switch', /must not be empty/],
    ['a case without steps', '- s: { switch: [{ a: { when: 1 = 1 } }] }', '/do/0/s/switch/0/a/do', /is required/],
    [
      'an unknown key of a case',
      `- s: { switch: [{ a: { wen: x, do: ${one} } }] }`,
      '/do/0/s/switch/0/a/wen',
      /not known here/,
      'when',
    ],
    [
      'a case with two names',
      `- s: { switch: [{ a: { do: ${one} }, b: { do: [{ u: { set: 1 } }] } }] }`,
      '/do/0/s/switch/0',
      /one key, the case's name/,
    ],
    [
      'two cases of one name',
      `- s: { switch: [{ a: { when: 1 = 1, do: ${one} } }, { a: { do: [{ u: { set: 1 } }] } }] }`,
      '/do/0/s/switch/1/a',
      /there is a case a already/,
    ],
    [
      'a case after the one for everything else',
      `- s: { switch: [{ a: { do: ${one} } }, { b: { when: 1 = 1, do: [{ u: { set: 1 } }] } }] }`,
      '/do/0/s/switch/0/a',
      /the cases after it are never reached/,
    ],
    ['a bad when', `- s: { switch: [{ a: { when: 1 +, do: ${one} } }] }`, '/do/0/s/switch/0/a/when', /Unexpected end/],
    [
      'a name that is none of a case',
      `- s: { switch: [{ a-b: { do: ${one} } }] }`,
      '/do/0/s/switch/0/a-b',
      /is no name/,
    ],

    ['a loop without steps', '- s: { for: { in: [1] } }', '/do/0/s/for/do', /is required/],
    ['a loop without items or condition', `- s: { for: { do: ${one} } }`, '/do/0/s/for', /needs `in` or `while`/],
    [
      'an unknown key of a loop',
      `- s: { for: { in: [1], wile: x, do: ${one} } }`,
      '/do/0/s/for/wile',
      /not known here/,
      'while',
    ],
    ['items that are a text', `- s: { for: { in: a, do: ${one} } }`, '/do/0/s/for/in', /must be .*a list/],
    ['a limit of none', `- s: { for: { in: [1], limit: 0, do: ${one} } }`, '/do/0/s/for/limit', /at least 1/],
    ['a limit beyond all', `- s: { for: { in: [1], limit: 10001, do: ${one} } }`, '/do/0/s/for/limit', /at most 10000/],
    [
      'one name for item and index',
      `- s: { for: { in: [1], each: x, at: x, do: ${one} } }`,
      '/do/0/s/for/at',
      /both the item and its index/,
    ],
    [
      'an item called index',
      `- s: { for: { in: [1], each: index, do: ${one} } }`,
      '/do/0/s/for/each',
      /both the item and its index/,
    ],
    [
      'an item with the name of a step',
      `- s: { for: { in: [1], each: t, do: ${one} } }`,
      '/do/0/s/for/each',
      /another meaning/,
    ],
    [
      'an index with a name in scope',
      `- s: { for: { in: [1], at: previous, do: ${one} } }`,
      '/do/0/s/for/at',
      /another meaning/,
    ],

    ['a fork without branches', '- s: { fork: { compete: true } }', '/do/0/s/fork/branches', /is required/],
    ['a fork of no branches', '- s: { fork: { branches: {} } }', '/do/0/s/fork/branches', /must not be empty/],
    ['branches as a list', `- s: { fork: { branches: [${one}] } }`, '/do/0/s/fork/branches', /must be an object/],
    [
      'an unknown key of a fork',
      `- s: { fork: { branches: { a: ${one} }, competes: true } }`,
      '/do/0/s/fork/competes',
      /not known here/,
      'compete',
    ],
    [
      'a name that is none of a branch',
      `- s: { fork: { branches: { a b: ${one} } } }`,
      '/do/0/s/fork/branches/a b',
      /is no name/,
    ],

    ['a lock without a name', `- s: { lock: { do: ${one} } }`, '/do/0/s/lock/name', /is required/],
    ['a lock without steps', '- s: { lock: { name: l } }', '/do/0/s/lock/do', /is required/],
    [
      'an unknown key of a lock',
      `- s: { lock: { name: l, waits: PT1S, do: ${one} } }`,
      '/do/0/s/lock/waits',
      /not known here/,
      'wait',
    ],
    ['a bad lease', `- s: { lock: { name: l, lease: long, do: ${one} } }`, '/do/0/s/lock/lease', /ISO 8601 duration/],

    [
      'an unknown key of a catch',
      `- s: { try: ${one}, catch: { error: { type: a } } }`,
      '/do/0/s/catch/error',
      /not known here/,
      'errors',
    ],
    [
      'a bad type of error',
      `- s: { try: ${one}, catch: { errors: { type: '*' } } }`,
      '/do/0/s/catch/errors/type',
      /must be/,
    ],
    [
      'a status that is none',
      `- s: { try: ${one}, catch: { errors: { status: 99 } } }`,
      '/do/0/s/catch/errors/status',
      /at least 100/,
    ],
    [
      'errors of no kind',
      `- s: { try: ${one}, catch: { errors: {} } }`,
      '/do/0/s/catch/errors',
      /at least one of type, status/,
    ],
    [
      'a mistake in a catch',
      `- s: { try: ${one}, catch: { do: [{ u: { set: =x } }] } }`,
      '/do/0/s/catch/do/0/u/set',
      /x is not in scope/,
    ],
    ['a bad timeout', '- s: { set: 1, timeout: soon }', '/do/0/s/timeout', /ISO 8601 duration/],
    [
      'a compensate that is no list',
      '- s: { set: 1, compensate: { t: { set: 1 } } }',
      '/do/0/s/compensate',
      /list of steps/,
    ],
    [
      'an undoing of an undoing',
      `- s: { set: 1, compensate: [{ t: { set: 1, compensate: [{ u: { set: 1 } }] } }] }`,
      '/do/0/s/compensate/0/t/compensate',
      /may not stand in another compensate/,
    ],
    [
      'a stop while undoing',
      '- s: { set: 1, compensate: [{ t: { stop: {} } }] }',
      '/do/0/s/compensate/0/t/stop',
      /may not stand in compensate/,
    ],
  ])('%s', (_, steps, pointer, detail, suggestion) => refused(steps, pointer, detail, suggestion));
});

describe('what may not stand in a transaction', () => {
  it.each([
    ['http', "http: { url: 'https://a.b' }"],
    ['wait', 'wait: PT1S'],
    ['call', 'call: { workflow: child }'],
    ['stop', 'stop: {}'],
    ['fork', 'fork: { branches: { a: [{ u: { set: 1 } }] } }'],
    ['lock', 'lock: { name: l, do: [{ u: { set: 1 } }] }'],
    ['transaction', 'transaction: [{ u: { set: 1 } }]'],
  ])('%s, at any depth', (kind, action) => {
    refused(
      `- s: { transaction: [{ b: { do: [{ t: { ${action} } }] } }] }`,
      `/do/0/s/transaction/0/b/do/0/t/${kind}`,
      /may not stand in a transaction/,
    );
  });

  it.each([
    ['retry', 'retry: { delay: PT1S, limit: { attempts: 2 } }'],
    ['timeout', 'timeout: PT1S'],
    ['catch', 'catch: {}'],
    ['compensate', 'compensate: [{ u: { set: 1 } }]'],
  ])('%s', (option, written) => {
    refused(
      `- s: { transaction: [{ t: { set: 1, ${written} } }] }`,
      `/do/0/s/transaction/0/t/${option}`,
      /beside the transaction/,
    );
  });

  it.each([
    ['if', 't: { set: 1, if: $now() > "2026" }', 't/if'],
    ['set', 't: { set: =$random() }', 't/set'],
    ['switch', 't: { switch: [{ x: { when: $millis() > 1, do: [{ u: { set: 1 } }] } }] }', 't/switch'],
  ])('%s by the clock or by chance', (_, step, place) => {
    refused(`- s: { transaction: [{ ${step} }] }`, `/do/0/s/transaction/0/${place}`, /clock or on chance/);
  });

  it('but what computes, and data', () => {
    accepted(`
- s:
    transaction:
      - a: { create: { type: thing, fields: {} } }
      - l: { for: { in: [1], do: [{ b: { delete: { type: thing, id: =a.id } } }] } }
      - w: { switch: [{ x: { when: 1 = 1, do: [{ c: { set: 1 } }] } }] }
      - r: { if: $exists(c), set: =l }
    retry: { delay: PT1S, limit: { attempts: 2 } }
    compensate: [{ u: { set: =s } }]`);
  });
});

describe('a name that is not to be had at its place', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'of a sibling branch',
      '- f: { fork: { branches: { a: [{ x: { set: 1 } }], b: [{ y: { set: =x } }] } } }',
      '/do/0/f/fork/branches/b/0/y/set',
      /in another branch of f/,
    ],
    [
      'of another case',
      '- w: { switch: [{ a: { when: 1 = 1, do: [{ x: { set: 1 } }] } }, { b: { do: [{ y: { set: =x } }] } }] }',
      '/do/0/w/switch/1/b/do/0/y/set',
      /in another case of w/,
    ],
    [
      'of a loop, after it',
      '- l: { for: { in: [1], do: [{ x: { set: 1 } }] } }\n- y: { set: =x }',
      '/do/1/y/set',
      /in each round of the loop l, and what a round gave is gone/,
    ],
    [
      'of a loop, in what the workflow returns',
      'do: [{ l: { for: { in: [1], do: [{ x: { set: 1 } }] } } }]\nreturn: =x',
      '/return',
      /in each round of the loop l/,
    ],
    [
      'of a loop, in its own condition',
      '- l: { for: { while: x > 1, do: [{ x: { set: 1 } }] } }',
      '/do/0/l/for/while',
      /in each round of the loop l/,
    ],
    ['of a block, in its own condition', '- b: { if: x > 1, do: [{ x: { set: 1 } }] }', '/do/0/b/if', /it comes later/],
    [
      'of what is done only to undo',
      '- s: { set: 1, compensate: [{ x: { set: 1 } }] }\n- y: { set: =x }',
      '/do/1/y/set',
      /only to undo s/,
    ],
    [
      'of a catch, in the block',
      '- t: { try: [{ y: { set: =x } }], catch: { do: [{ x: { set: 1 } }] } }',
      '/do/0/t/try/0/y/set',
      /only when the catch of t has taken a failure/,
    ],
    [
      'of a later step, in an earlier loop',
      '- l: { for: { in: [1], do: [{ y: { set: =x } }] } }\n- x: { set: 1 }',
      '/do/0/l/for/do/0/y/set',
      /it comes later/,
    ],
    [
      'of the block itself, inside of it',
      '- b: { do: [{ y: { set: =b } }] }',
      '/do/0/b/do/0/y/set',
      /does not see its own result/,
    ],
    [
      'of a later block, in the lock',
      '- k: { lock: { name: =x, do: [{ x: { set: 1 } }] } }',
      '/do/0/k/lock/name',
      /it comes later/,
    ],
  ])('%s', (_, steps, pointer, why) => {
    refused(steps, pointer, why);
    refused(steps, pointer, /the step [xb] is not done at this place \(at character \d+\): /);
  });

  it('is told from one that nowhere exists', () => {
    refused('- first: { set: 1 }\n- y: { set: =frist }', '/do/1/y/set', /frist is not in scope/, 'first');
    refused(
      '- l: { for: { in: [1], each: order, do: [{ x: { set: =order } }] } }\n- y: { set: =order }',
      '/do/1/y/set',
      /order is not in scope/,
    );
  });
});

describe('what is in scope', () => {
  it.each([
    ['what the block before gave, and its steps', `- b: { do: ${one} }\n- y: { set: { b: =b, t: =t } }`],
    [
      'the steps of every case and branch',
      '- w: { switch: [{ a: { when: 1 = 1, do: [{ t: { set: 1 } }] } }, { b: { do: [{ u: { set: 1 } }] } }] }\n- f: { fork: { branches: { a: [{ x: { set: 1 } }] } } }\n- y: { set: [=t, =u, =x, =f.a] }',
    ],
    [
      'the failure and what the block did, in a catch',
      `- s: { try: ${one}, catch: { do: [{ u: { set: [=error.code, =error.status, =error.step, =t] } }] } }\n- y: { set: =u }`,
    ],
    [
      'the result and the failure, in a compensate',
      `- a: { set: 1 }\n- s: { do: ${one}, compensate: [{ u: { set: [=a, =s, =t, =error.code] } }, { v: { set: =u } }] }`,
    ],
    [
      'names of loops around each other',
      '- l: { for: { in: [1], each: a, do: [{ m: { for: { in: "=[a]", do: [{ t: { set: [=a, =item, =index, =previous] } }] } } }] } }',
    ],
  ])('%s', (_, steps) => accepted(steps.startsWith('\n') ? steps : `\n${steps}`));

  it('fields of the failure are known', () => {
    refused(
      `- s: { try: ${one}, catch: { do: [{ u: { set: =error.cod } }] } }`,
      '/do/0/s/catch/do/0/u/set',
      /error has no field cod/,
      'code',
    );
  });

  it('the result of a block is not known before, nor its fields', () => {
    accepted(`\n- s: { do: ${one} }\n- y: { set: =s.anything.at.all }`);
  });
});

describe('secrets', () => {
  const secretIn = (action: string): string => `- s: { ${action} }`;

  it('may be used in http and in email', () => {
    accepted(`\n${secretIn("http: { url: 'https://a.b', headers: { authorization: =secrets.key } }")}`);
    accepted(`\n${secretIn('email: { to: a@b.c, subject: x, text: =secrets.sign }')}`);
  });

  it.each<[string, string, string]>([
    ['a value', secretIn('set: =secrets.key'), '/do/0/s/set'],
    ['a log', secretIn('log: =secrets.key'), '/do/0/s/log'],
    ['a condition', "- s: { if: secrets.key = 'x', http: { url: 'https://a.b' } }", '/do/0/s/if'],
    ['the items of a loop', `- s: { for: { in: =secrets.key, do: ${one} } }`, '/do/0/s/for/in'],
    ['the name of a lock', `- s: { lock: { name: =secrets.key, do: ${one} } }`, '/do/0/s/lock/name'],
    ['what the workflow returns', `do: ${one}\nreturn: =secrets.key`, '/return'],
  ])('not in %s', (_, steps, pointer) => refused(steps, pointer, /only in http and email/));

  it('each by its name', () => {
    refused("- s: { http: { url: 'https://a.b', body: =secrets } }", '/do/0/s/http/body', /must be named/);
  });
});

describe('the frame', () => {
  it.each<[string, string, string, RegExp, string?]>([
    ['a bad timeout', `do: ${one}\ntimeout: soon`, '/timeout', /ISO 8601 duration/],
    ['an unknown guard', `do: ${one}\nguards: { cycle: 5 }`, '/guards/cycle', /not known here/, 'cycles'],
    ['a guard of none', `do: ${one}\nguards: { depth: 0 }`, '/guards/depth', /at least 1/],
    [
      'a guard that is no number',
      `do: ${one}\nguards: { runsPerMinute: many }`,
      '/guards/runsPerMinute',
      /whole number/,
    ],
    ['returns that is no schema', `do: ${one}\nreturns: { type: objekt }\nreturn: 1`, '/returns', /not a JSON Schema/],
    ['returns without return', `do: ${one}\nreturns: { type: object }`, '/return', /is required: `returns`/],
    [
      'a return without what returns demands',
      `do: ${one}\nreturns: { type: object, properties: { a: {} }, required: [a] }\nreturn: { b: 1 }`,
      '/return/a',
      /required by `returns`/,
    ],
  ])('%s', (_, document, pointer, detail, suggestion) => refused(document, pointer, detail, suggestion));
});
