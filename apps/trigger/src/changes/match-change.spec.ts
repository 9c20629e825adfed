import type { ChangeEvent } from '@nightshift/contracts';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { makeTriggerMetrics } from '../metrics.ts';
import { makeTriggerIndex } from '../triggers/trigger-index.ts';
import { matchChange } from './match-change.ts';
import { makeOutcomes } from './outcomes.ts';

const index = makeTriggerIndex((workflow, error) => {
  throw new Error(workflow, { cause: error });
});
const triggers: Record<string, object> = {
  always: {},
  another: { when: "now.plan = 'max'" },
  broken: { when: '$sum(now.plan) > 1' },
  people: { cascade: false },
  picky: { fields: ['email'], when: "now.plan = 'pro'" },
  unlikely: { when: 'now.plan > 5 and false' },
  whole: { per: 'transaction' },
};
index.update(
  Object.entries(triggers).map(([workflow, trigger]) => ({
    workflow,
    version: 1,
    document: { workflow, triggers: [{ change: 'user', ...trigger }], do: [] },
  })),
);

const changeOf = (data: Partial<ChangeEvent['data']> = {}): ChangeEvent => ({
  specversion: '1.0',
  id: '0/1/0',
  source: '/nightshift/data',
  type: 'nightshift.change.changed',
  subject: '1',
  time: new Date(0).toISOString(),
  datacontenttype: 'application/json',
  data: {
    type: 'user',
    kind: 'changed',
    before: { id: '1', plan: 'free' },
    now: { id: '1', plan: 'pro' },
    changedFields: ['plan', 'email'],
    origin: { depth: 1, runId: 'a' },
    transaction: { id: '0/1', index: 0 },
    ...data,
  },
});

const namesOf = (found: { trigger: { workflow: string } }[]): string[] => found.map(({ trigger }) => trigger.workflow);

describe('a change', () => {
  it('leaves an account of every trigger that watches it', async () => {
    const { met, unmet, failed, leftOut, superseded } = await matchChange(changeOf(), index);
    expect(namesOf(met)).toEqual(['always', 'picky', 'whole']);
    expect(unmet.map(({ trigger, reason }) => [trigger.workflow, reason])).toEqual([['people', 'cascade']]);
    expect(namesOf(failed)).toEqual(['broken', 'unlikely']);
    expect([leftOut, superseded]).toEqual([1, 0]);
  });

  it('that its transaction goes on to change is none for triggers per transaction', async () => {
    const { met, superseded } = await matchChange(changeOf({ superseded: true }), index);
    expect([namesOf(met), superseded]).toEqual([['always', 'picky'], 1]);
  });

  it('is looked at as a whole where it is the last of its transaction', async () => {
    const { met } = await matchChange(changeOf({ net: { kind: 'created', changedFields: [] } }), index);
    expect(met.find(({ trigger }) => trigger.workflow === 'whole')!.view).toEqual({
      type: 'user',
      kind: 'created',
      now: { id: '1', plan: 'pro' },
      changedFields: [],
      origin: { depth: 1, runId: 'a' },
    });
  });
});

describe('outcomes', () => {
  it('are counted per workflow when the batch is done, and what was not looked at in total', async () => {
    const registry = new Registry();
    const outcomes = makeOutcomes(makeTriggerMetrics(registry));
    const { unmet, leftOut, superseded } = await matchChange(changeOf({ superseded: true }), index);
    for (const { trigger, reason } of unmet) outcomes.count(trigger, reason);
    outcomes.notLookedAt(leftOut, superseded);
    expect(await registry.metrics()).not.toContain('outcome=');
    outcomes.settle();
    const text = await registry.metrics();
    expect(text).toContain('nightshift_trigger_evaluations_total{workflow="people",outcome="cascade"} 1');
    expect(text).toContain('nightshift_trigger_left_out_total{reason="condition"} 1');
    expect(text).toContain('nightshift_trigger_left_out_total{reason="superseded"} 1');
  });
});
