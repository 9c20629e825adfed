import type { ChangeEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { compileTriggers, matchTrigger } from './compile-triggers.ts';

const env = { now: new Date(0), random: () => 0, uuid: () => '' };

const change = (data: Partial<ChangeEvent['data']>): ChangeEvent['data'] => ({
  type: 'user',
  kind: 'changed',
  before: { id: '1', plan: 'free' },
  now: { id: '1', plan: 'pro' },
  changedFields: ['plan'],
  origin: { depth: 0 },
  transaction: { id: '0/1', index: 0 },
  ...data,
});

describe('a change trigger', () => {
  it.each<
    [string, { kinds?: ('created' | 'changed' | 'deleted')[]; when?: string }, Partial<ChangeEvent['data']>, boolean]
  >([
    ['any kind', {}, {}, true],
    ['another type', {}, { type: 'order' }, false],
    ['another kind', { kinds: ['created'] }, {}, false],
    ['a condition that holds', { when: "now.plan = 'pro' and before.plan != 'pro'" }, {}, true],
    ['a condition with =', { when: "=now.plan = 'pro'" }, {}, true],
    ['a condition that does not hold', { when: "now.plan = 'free'" }, {}, false],
    ['a condition that gives nothing', { when: 'before.plan' }, { before: undefined, kind: 'created' }, false],
    ['a condition on changed fields', { when: "'plan' in changedFields" }, {}, true],
    [
      'a condition on an empty field',
      { when: '$not($exists(now.invitedBy))' },
      { now: { id: '1', invitedBy: null } },
      true,
    ],
    ['a condition that JSONata has to answer', { when: '$count(changedFields[$ = "plan"]) = 1' }, {}, true],
  ])('%s', async (_, trigger, data, expected) => {
    const [compiled] = compileTriggers({ workflow: 'w', triggers: [{ change: 'user', ...trigger }], do: [] });
    expect(await matchTrigger(compiled!, change(data), env)).toBe(expected);
  });
});
