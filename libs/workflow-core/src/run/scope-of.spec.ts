import { expect, it } from 'vitest';
import type { KnownRun } from './run-state.ts';
import { scopeOf } from './scope-of.ts';
import { appended, fold, planOf, requested, startAt } from './virtual-run.fixture.ts';

const plan = planOf('- s1: { set: 1 }\n- s2: { set: 2 }');

it('holds the request, the results and the run', () => {
  const result = { large: true };
  const state = fold(
    plan,
    appended(
      [],
      [
        requested({ item: 'i', cause: { kind: 'list', listId: 'l', index: 4 }, trigger: { now: {} } }),
        { type: 'RunStarted', data: {} },
        { type: 'StepCompleted', data: { step: 's1', attempt: 1, result } },
      ],
    ),
  ) as KnownRun;
  const scope = scopeOf(state, plan.steps.get('s2'));
  expect(scope).toEqual({
    s1: result,
    parameters: { a: 1 },
    trigger: { now: {} },
    item: 'i',
    index: 4,
    run: { id: 'run', startedAt: startAt, depth: 0, iteration: 1, chain: 'chain' },
    currentUser: null,
  });
  expect(scope['s1']).toBe(result);
});
