import type { ChangeEvent } from '@nightshift/contracts';
import { matchChange } from '../../apps/trigger/src/changes/match-change.ts';
import { makeTriggerIndex } from '../../apps/trigger/src/triggers/trigger-index.ts';

export interface ManyTriggersFigures {
  triggers: number;
  /** One change that meets none of the triggers that watch its type. */
  unmetMicros: number;
  /** One workflow of all is published anew. */
  publishedMicros: number;
  /** All of them are read for the first time. */
  loadedMs: number;
}

/** What an application of many tenants has: conditions on a tenant, a state, a field that changed, and combinations of them. */
const conditions: readonly ((n: number) => string)[] = [
  (n) => `now.tenant = 'tenant-${n}'`,
  (n) => `now.tenant = 'tenant-${n}' and now.state = 'paid' and now.total > 100`,
  (n) => `before.state != now.state and now.state in ['paid', 'sent'] and now.tenant = 'tenant-${n}'`,
  (n) => `('reference' in changedFields or 'note' in changedFields) and now.total > ${n}`,
  (n) => `now.total > 100 and (now.number = ${n} or now.number = ${n + 1})`,
];

/** The trigger service's own index and matching, in this process, so that nothing else is measured. */
export const measureManyTriggers = async (triggers: number): Promise<ManyTriggersFigures> => {
  const index = makeTriggerIndex((workflow, error) => {
    throw new Error(workflow, { cause: error });
  });
  const versionOf = (n: number, version: number) => {
    const workflow = `workflow-${n}`;
    const when = conditions[n % conditions.length]!(n);
    return { workflow, version, document: { workflow, triggers: [{ change: 'order', when }], do: [] } };
  };
  const versions = Array.from({ length: triggers }, (_, n) => versionOf(n, 1));
  const loadedMs = await timed(() => index.update(versions));

  const changes = 5_000;
  const unmet = Array.from({ length: changes }, (_, n) => changeOf(n));
  const match = async (): Promise<void> => {
    for (const change of unmet) {
      const { met } = await matchChange(change, index);
      if (met.length > 0) throw new Error('a trigger was met');
    }
  };
  await match();
  const unmetMs = await timed(match);

  const publications = 1_000;
  const publishedMs = await timed(() => {
    for (let n = 0; n < publications; n += 1) index.update([versionOf((n * 7) % triggers, 2)]);
  });
  return {
    triggers,
    unmetMicros: (unmetMs * 1_000) / changes,
    publishedMicros: (publishedMs * 1_000) / publications,
    loadedMs,
  };
};

const changeOf = (n: number): ChangeEvent => {
  const thing = {
    id: String(n),
    tenant: `stranger-${n}`,
    state: 'new',
    total: 50,
    number: -1,
    note: 'a',
    reference: 'b',
  };
  return {
    specversion: '1.0',
    id: `0/1/${n}`,
    source: '/nightshift/data',
    type: 'nightshift.change.changed',
    subject: thing.id,
    time: new Date(0).toISOString(),
    datacontenttype: 'application/json',
    data: {
      type: 'order',
      kind: 'changed',
      before: thing,
      now: { ...thing, state: 'paid' },
      changedFields: ['state'],
      origin: { depth: 0 },
      transaction: { id: '0/1', index: n },
    },
  };
};

const timed = async (work: () => unknown): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};
