import { describe, expect, it } from 'vitest';
import type { WorkflowDocument } from '../document/document-schema.ts';
import type { ChangeView } from './change-view.ts';
import { compileTriggers, matchTrigger } from './compile-triggers.ts';
import { makeTriggerLookup } from './trigger-lookup.ts';

const env = { now: new Date(0), random: () => 0, uuid: () => '' };

const change = (data: Partial<ChangeView>): ChangeView => ({
  type: 'user',
  kind: 'changed',
  before: { id: '1', plan: 'free' },
  now: { id: '1', plan: 'pro' },
  changedFields: ['plan'],
  origin: { depth: 0 },
  ...data,
});

type Trigger = Omit<Extract<NonNullable<WorkflowDocument['triggers']>[number], { change: string }>, 'change'>;
const byRun = { depth: 2, runId: 'a' };
const created = { kind: 'created' as const, before: undefined, changedFields: [] };

describe('a change trigger', () => {
  it.each<[string, Trigger, Partial<ChangeView>, string]>([
    ['any kind', {}, {}, 'met'],
    ['another type', {}, { type: 'order' }, 'not watched'],
    ['another kind', { kinds: ['created'] }, {}, 'not watched'],
    ['a condition that holds', { when: "now.plan = 'pro' and before.plan != 'pro'" }, {}, 'met'],
    ['a condition with =', { when: "=now.plan = 'pro'" }, {}, 'met'],
    ['a condition that does not hold', { when: "now.plan = 'free'" }, {}, 'not watched'],
    ['a condition that gives nothing', { when: 'before.plan' }, created, 'condition'],
    ['a condition on changed fields', { when: "'plan' in changedFields" }, {}, 'met'],
    ['a condition on an empty field', { when: '$not($exists(now.by))' }, { now: { id: '1', by: null } }, 'met'],
    ['a condition that JSONata has to answer', { when: '$count(changedFields[$ = "plan"]) = 1' }, {}, 'met'],
    ['a field that has changed', { fields: ['email', 'plan'] }, {}, 'met'],
    ['another field', { fields: ['email'] }, {}, 'not watched'],
    ['another field than the one in the condition', { fields: ['email'], when: "now.plan = 'pro'" }, {}, 'fields'],
    ['a field of a new thing', { fields: ['email'] }, created, 'not watched'],
    ['a field, or a new thing', { fields: ['email'], kinds: ['created', 'changed'] }, created, 'met'],
    ['what a run changed', {}, { origin: byRun }, 'met'],
    ['what a run changed, without cascade', { cascade: false }, { origin: byRun }, 'cascade'],
    ['what nobody known changed, without cascade', { cascade: false }, {}, 'met'],
    [
      'a part that fails beside one that does not hold',
      { when: "$sum(now.plan) and now.plan = 'x'" },
      {},
      'not watched',
    ],
  ])('%s', async (_, trigger, data, expected) => {
    const document = { workflow: 'w', triggers: [{ change: 'user', ...trigger }], do: [] };
    const [compiled] = compileTriggers(document);
    const lookup = makeTriggerLookup();
    lookup.add({ compiled: compiled! });
    const found = lookup.candidates(change(data)).length > 0;
    expect(found ? await matchTrigger(compiled!, change(data), env) : 'not watched').toBe(expected);
  });
});
