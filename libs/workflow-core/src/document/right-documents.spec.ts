import { compileSchema, type TypeDefinition } from '@nightshift/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWorkflow } from '../run/plan.ts';
import type { KnownWorkflow } from '../steps/step-kind.ts';
import { compileTriggers } from '../triggers/compile-triggers.ts';
import { checkDocument } from './check-document.ts';
import { workflowDocumentSchema } from './document-schema.ts';
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

const fitsSchema = compileSchema(workflowDocumentSchema);

/** What stands at a pointer without escapes. */
const valueAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce((part, key) => (part as Record<string, unknown>)[key], document);

/** A document of one step. */
const step = (body: string): string => `workflow: w\ndo:\n  - s: { ${body} }`;

const welcome = `
workflow: welcome-email
title: Welcome e-mail 30 minutes after sign-up
parameters:                      # JSON Schema 2020-12 of an object
  type: object
  properties: { template: { type: string, default: welcome } }
expose: { auth: user, methods: [POST] }
triggers:
  - change: user
    kinds: [created]
    when: now.emailConfirmed and $not($exists(now.invitedBy))
do:
  - pause: { wait: { minutes: 30 } }
  - user:  { get: { type: user, id: =trigger.now.id } }
  - send:
      if: $exists(user) and $not(user.unsubscribed)
      http: { method: POST, url: 'https://mail.example.com', body: { to: =user.email, template: =parameters.template, data: { name: =user.firstName } } }
      retry: { delay: { seconds: 30 }, backoff: exponential, limit: { attempts: 5 } }
  - mark:
      if: $exists(send)
      change: { type: user, id: =user.id, fields: { welcomedAt: =$now() } }
return: { sent: =$exists(send) }
`;

const everyKind = `
workflow: every-kind
triggers:
  - { change: order, when: "'total' in changedFields and now.total > before.total and kind = 'changed'" }
do:
  - made:    { create: { type: user, fields: { email: a@b.c, firstName: =item.name } } }
  - changed: { change: { type: user, id: =made.id, fields: =parameters.fields } }
  - gone:    { delete: { type: user, id: =changed.id }, if: =made.email != '' }
  - got:     { get: { type: user, id: =gone.id } }
  - found:   { search: { type: user, where: { email: { startsWith: a }, or: [{ firstName: Ada }, { not: { settings: { x: 1 } } }] }, sort: [-createdAt], limit: 10 } }
  - value:   { set: { name: =found.items.firstName, literal: ==x } }
  - asked:   { http: { url: ='https://example.com/' & got.email, query: { a: 1 }, timeout: PT5S, expect: text } }
  - paused:  { wait: { days: =parameters.days } }
  - night:   { wait: { until: =got.createdAt } }
  - short:   { wait: PT10S }
  - later:   { schedule: { workflow: report, in: { days: 1 }, version: latest } }
  - all:     { scheduleOnList: { workflow: send-offer, items: =found.items, as: user, interval: { seconds: 1 }, concurrency: 5, onComplete: report } }
  - again:   { schedule: { workflow: every-kind, parameters: { anything: =run.iteration + 1 } } }
  - called:  { call: { workflow: send-offer, parameters: { user: =got, discount: 5 } } }
return: =called
`;

const everyBlock = `
workflow: every-block
timeout: { hours: 1 }
guards: { cycles: 100, depth: 5, runsPerMinute: 60, duration: P1D }
returns: { type: object, properties: { shipped: {} }, required: [shipped] }
do:
  - orders: { search: { type: order } }
  - lines:
      for:
        in: =orders.items
        each: order
        at: number
        while: order.total > 0 and number < 10
        do:
          - size:
              switch:
                - large: { when: order.total > 100, do: [{ fee: { set: =order.total * 0.1 } }] }
                - small: { do: [{ none: { set: 0 } }] }
          - kept: { set: { fee: =fee, none: =none, size: =size, before: =previous.fee } }
        return: { fee: =kept.fee, order: =order.id }
      retry: { delay: PT1S, limit: { attempts: 3 } }
      timeout: { minutes: 10 }
  - booked:
      lock:
        name: ='account-' & parameters.account
        lease: PT1M
        wait: PT5M
        do:
          - taken:
              transaction:
                - placed: { create: { type: order, fields: { total: 5 } } }
                - same: { get: { type: order, id: =placed.id } }
              compensate:
                - freed: { delete: { type: order, id: =taken.id } }
                - told: { log: =error.code & taken.id }
  - answer:
      fork:
        compete: true
        branches:
          yes: [{ approved: { waitFor: { event: order.approved, key: =taken.id } } }]
          no: [{ late: { wait: P3D } }]
  - shipped:
      try:
        - paid: { http: { url: 'https://pay.example.com', headers: { authorization: =secrets.pay } } }
      catch:
        errors: { type: [http.*, step.timeout], status: 402 }
        retry: { delay: PT1S, limit: { attempts: 2 } }
        do:
          - note: { set: { code: =error.code, paid: =paid, step: =error.step } }
  - together: { if: $exists(answer.yes), do: [{ last: { set: { note: =note.code, approved: =approved.data } } }] }
return: { shipped: =shipped, lines: =lines.fee }
`;

describe('right documents', () => {
  it.each([
    ['the welcome e-mail', welcome],
    ['one with every kind of step', everyKind],
    ['one with every kind of block', everyBlock],
    ['the smallest', step('set: 1')],
    [
      'one with nothing in scope but what is predicated',
      step('set: "=$map(parameters.orders[total > 3], function($o) { $o.total })"'),
    ],
  ])('%s is accepted and compiles', (_, yaml) => {
    const checked = checkDocument(read(yaml), { types, workflows });
    expect(checked).toMatchObject({ ok: true });
    if (!checked.ok) return;
    const plan = compileWorkflow(checked.document);
    for (const { pointer, name } of plan.steps.values()) expect(valueAt(checked.document, pointer), name).toBeDefined();
    compileTriggers(checked.document);
    expect(fitsSchema(checked.document)).toMatchObject({ ok: true });
  });
});

/** The document with one member, somewhere, replaced by something else. */
const damaged = (value: unknown, path: readonly number[], replacement: unknown): unknown => {
  const [turn, ...rest] = path;
  if (turn === undefined || typeof value !== 'object' || value === null) return replacement;
  const keys = Object.keys(value);
  if (keys.length === 0) return replacement;
  const key = keys[turn % keys.length] as string;
  const part = damaged((value as Record<string, unknown>)[key], rest, replacement);
  if (Array.isArray(value)) return value.with(Number(key), part);
  return { ...value, [key]: part };
};

it.each([
  ['one with every kind of step', everyKind],
  ['one with every kind of block', everyBlock],
])(
  '%s, damaged anywhere, is accepted or refused, and compiles if it is accepted',
  (_, yaml) => {
    const document = read(yaml);
    const anyPath = fc.array(fc.nat({ max: 20 }), { maxLength: 12 });
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('=', '=a', '=made', '==', '=1 +', 'user', 'PT1S', 'report'),
      fc.constantFrom(true, 0, -1, null, [], {}, [[]], [null]),
    );
    fc.assert(
      fc.property(anyPath, anything, (path, replacement) => {
        const checked = checkDocument(damaged(document, path, replacement), { types, workflows });
        if (!checked.ok) return checked.violations.length > 0;
        compileWorkflow(checked.document);
        compileTriggers(checked.document);
        return fitsSchema(checked.document).ok;
      }),
      { numRuns: 200 },
    );
  },
  30_000,
);
