import { expect, it } from 'vitest';
import type { Change } from './compare.ts';
import type { Defined } from './definition.ts';
import { orderLike } from './order-like.ts';
import { diffOf, lossesOf } from './show-change.ts';

const source = { file: 'a.yaml', locate: () => ({ line: 1, column: 1 }) };
const workflow = (body: Record<string, unknown>): Extract<Defined, { kind: 'workflow' }> => ({
  kind: 'workflow',
  name: 'a',
  body,
});

it('shows only what differs, whatever the order of keys is', () => {
  const before = workflow({ return: 1, do: [{ x: { set: 1, if: 'true' } }], workflow: 'a' });
  const after = workflow({ workflow: 'a', do: [{ x: { if: 'true', set: 2 } }], return: 1 });
  const diff = diffOf({ action: 'change', definition: { ...after, source }, before });
  expect(diff.split('\n').filter((line) => /^[+-] /.test(line))).toEqual(['-      set: 1', '+      set: 2']);
  expect(diff).toMatch(/^--- there: workflow a\n\+\+\+ a\.yaml\n@@/);
});

it('shows the whole of what is new', () => {
  const diff = diffOf({ action: 'create', definition: { ...workflow({ workflow: 'a' }), source }, before: undefined });
  expect(diff).toBe('--- /dev/null\n+++ a.yaml\n@@ -0,0 +1,1 @@\n+workflow: a');
});

it('keeps the fields of a type that are not written, without those that are dropped or renamed', () => {
  const text = { kind: 'text' } as const;
  const change: Change = {
    action: 'change',
    definition: {
      kind: 'type',
      name: 't',
      body: { fields: { fresh: { ...text, renamedFrom: 'old' } }, drop: ['gone'] },
      source,
    },
    before: { kind: 'type', name: 't', body: { fields: { kept: text, old: text, gone: text } } },
  };
  const changed = diffOf(change)
    .split('\n')
    .filter((line) => /^[+-] +\w+:$/.test(line));
  expect(changed.sort()).toEqual(['+  fresh:', '-  gone:', '-  old:']);
});

it('names what is lost', () => {
  const plan = {
    type: 't',
    verdict: 'unconfirmed' as const,
    hash: 'h',
    steps: [
      {
        does: 'drops gone',
        sql: [],
        locks: 'everything' as const,
        takes: 'moment' as const,
        affected: [
          { pointer: '/drop/0', detail: 'hold a value that is lost', things: 3, sample: [], canConfirm: true },
        ],
      },
    ],
  };
  const definition = { kind: 'type' as const, name: 't', body: { fields: {}, drop: ['gone'] }, source };
  expect(lossesOf({ action: 'change', definition, before: undefined, plan })).toEqual([
    'drops gone: 3 things hold a value that is lost (/drop/0)',
  ]);
});

it('orders as the model does, and what the model does not have behind it', () => {
  expect(JSON.stringify(orderLike({ b: 1, a: { y: 1, x: 2 } }, { c: 1, a: { x: 3, y: 4 }, b: 2 }))).toBe(
    '{"b":2,"a":{"y":4,"x":3},"c":1}',
  );
});
