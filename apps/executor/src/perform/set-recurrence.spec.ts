import { Failure, signals, type RecurrenceBody } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { anOccasion } from './an-occasion.fixture.ts';
import type { Definition, Definitions } from '../definitions.ts';
import { makePerformSetRecurrence, type PerformSetRecurrenceDeps } from './set-recurrence.ts';

const world = () => {
  const calls: unknown[] = [];
  const definitions: Pick<Definitions, 'published'> = {
    published: async (workflow) => {
      if (workflow === 'missing') throw new Failure('workflow.not_found');
      const checkParameters: Definition['checkParameters'] = (value) =>
        (value as { user?: unknown }).user === 'bad'
          ? { ok: false, violations: [{ pointer: '/user', detail: 'is bad' }] }
          : { ok: true, value: { size: 5, ...(value as object) } };
      return { version: 1, checkParameters } as Definition;
    },
  };
  const ledger = {
    recurrences: {
      put: async (...args: unknown[]) => void calls.push(['put', ...args]),
      remove: async (...args: unknown[]) => {
        calls.push(['remove', ...args]);
        return false;
      },
    },
  };
  const bus = { send: (...args: unknown[]) => void calls.push(['send', ...args]) };
  const perform = makePerformSetRecurrence({ ledger, bus, definitions } as unknown as PerformSetRecurrenceDeps);
  const set = async (spec: RecurrenceBody | null, workflow = 'digest') =>
    (await perform({ kind: 'setRecurrence', workflow, key: 'u1', spec }, anOccasion())).outcome;
  return { set, calls };
};

it('sets a recurrence with its parameters filled in, and tells the schedulers', async () => {
  const { set, calls } = world();
  const startAt = '2999-01-01T00:00:00.000Z';
  const outcome = await set({ every: { hours: 1 }, startAt, parameters: { user: 'u1' } });
  const next = Array.from({ length: 10 }, (_, hour) => new Date(Date.parse(startAt) + hour * 3_600_000).toISOString());
  expect(outcome).toEqual({ kind: 'completed', result: { workflow: 'digest', key: 'u1', next } });
  expect(calls).toEqual([
    [
      'put',
      'digest',
      'u1',
      { every: { hours: 1 }, startAt, parameters: { size: 5, user: 'u1' } },
      new Date(startAt),
      { dueAt: new Date(startAt) },
    ],
    ['send', signals.timers, { dueAt: startAt }],
  ]);
});

it('sets it paused, and pinned to the version that is published', async () => {
  const { set, calls } = world();
  await set({ every: { hours: 1 }, startAt: '2999-01-01T00:00:00.000Z', version: 'pinned', paused: true });
  expect(calls[0]).toMatchObject({ 5: { paused: true, workflowVersion: 1 } });
});

it('ends a recurrence, whether there is one or not', async () => {
  const { set, calls } = world();
  expect(await set(null, 'missing')).toEqual({
    kind: 'completed',
    result: { workflow: 'missing', key: 'u1', next: [] },
  });
  expect(calls).toEqual([['remove', 'missing', 'u1']]);
});

it.each<[string, RecurrenceBody, string | undefined, string]>([
  ['a moment that never comes', { cron: '0 0 31 2 *' }, undefined, 'recurrence.invalid'],
  ['a wrong expression', { cron: 'soon' }, undefined, 'recurrence.invalid'],
  ['parameters that do not fit', { every: 'PT1H', parameters: { user: 'bad' } }, undefined, 'parameters.invalid'],
  ['a workflow that is not there', { every: 'PT1H' }, 'missing', 'workflow.not_found'],
])('fails the step and sets nothing for %s', async (_, spec, workflow, code) => {
  const { set, calls } = world();
  expect(await set(spec, workflow)).toMatchObject({ kind: 'failed', canRetry: false, problem: { code } });
  expect(calls).toEqual([]);
});
