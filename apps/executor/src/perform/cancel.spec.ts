import { Failure, signals, subjects } from '@nightshift/contracts';
import type { ChangedRun, ControlTarget } from '@nightshift/ledger';
import type { EffectOf } from '@nightshift/workflow-core';
import { expect, it } from 'vitest';
import { anOccasion, OCCASION_RUN_ID } from './an-occasion.fixture.ts';
import { makePerformCancel, type PerformCancelDeps } from './cancel.ts';

const A = '01890000-0000-7000-8000-00000000000a';
const B = '01890000-0000-7000-8000-00000000000b';
const LIST = '01890000-0000-7000-8000-0000000000ff';

const changedRun = (runId: string, more: Partial<ChangedRun> = {}): ChangedRun => ({
  runId,
  version: 5,
  wasStatus: 'running',
  status: 'cancelled',
  workflow: 'order',
  listId: null,
  callerRunId: null,
  dueAt: null,
  ...more,
});

/** A ledger in which these runs can be cancelled, and everything that is said over the bus. */
const worldWith = (
  runs: ChangedRun[],
  { wokenRunIds = [] as string[], listFailure = undefined as Failure | undefined } = {},
) => {
  const asked: unknown[] = [];
  const said: unknown[] = [];
  const ledger = {
    control: {
      cancel: async (
        target: ControlTarget,
        { onChanged, ...rest }: { onChanged: (changed: ChangedRun[]) => void; reason?: string },
      ) => {
        asked.push([target, rest]);
        for (const run of runs) onChanged([run]);
        const ids = 'runIds' in target ? target.runIds : [];
        const unchanged = ids.filter((id) => runs.every((run) => run.runId !== id));
        return { changed: [], unchanged: unchanged.map((runId) => ({ runId, status: null })), wokenRunIds };
      },
    },
    lists: {
      cancel: async (listId: string) => {
        asked.push(listId);
        if (listFailure) throw listFailure;
        return [];
      },
    },
  };
  const bus = {
    publish: (subject: string, text: string) => said.push([subject, JSON.parse(text)]),
    send: (subject: string, body: unknown) => said.push([subject, body]),
  };
  const perform = makePerformCancel({ ledger, bus } as unknown as PerformCancelDeps);
  const cancel = async (effect: Omit<EffectOf<'cancel'>, 'kind'>) =>
    (await perform({ kind: 'cancel', ...effect }, anOccasion())).outcome;
  return { cancel, asked, said };
};

it('cancels runs by id, counts what stays, and tells executors and waiting callers', async () => {
  const { cancel, asked, said } = worldWith([changedRun(A, { waiter: 'gateway-1' })]);
  expect(await cancel({ runs: [A, B, 'no id at all'], reason: 'paid' })).toEqual({
    kind: 'completed',
    result: { cancelled: 1, unchanged: 2 },
  });
  expect(asked).toEqual([[{ runIds: [A, B] }, { reason: 'paid' }]]);
  expect(said).toEqual([
    [subjects.dispatch, { runId: A, version: 5 }],
    [subjects.outcome('gateway-1'), { runId: A, status: 'cancelled' }],
    [signals.interrupted, { runIds: [A] }],
  ]);
});

it('wakes whoever waited for what was cancelled: a calling run, a list, the next in line for a lock', async () => {
  const { cancel, said } = worldWith([changedRun(A, { callerRunId: B, listId: LIST })], {
    wokenRunIds: [OCCASION_RUN_ID],
  });
  await cancel({ runs: [A] });
  expect(said).toEqual(
    expect.arrayContaining([
      [subjects.dispatch, { runId: B, version: Number.MAX_SAFE_INTEGER }],
      [subjects.dispatch, { runId: OCCASION_RUN_ID, version: Number.MAX_SAFE_INTEGER }],
      [signals.lists, { listIds: [LIST] }],
    ]),
  );
});

it('cancels what criteria fit', async () => {
  const { cancel, asked } = worldWith([changedRun(A), changedRun(B)]);
  const where = { workflow: 'order', chainId: OCCASION_RUN_ID, status: 'waiting' };
  expect(await cancel({ where })).toMatchObject({ result: { cancelled: 2, unchanged: 0 } });
  expect(asked).toEqual([[{ where }, {}]]);
});

it('finds nothing by what is no id, and does not widen the criteria', async () => {
  const { cancel, asked } = worldWith([changedRun(A)]);
  expect(await cancel({ where: { workflow: 'order', chainId: 'chain 7' } })).toMatchObject({
    result: { cancelled: 0, unchanged: 0 },
  });
  expect(await cancel({ runs: ['x'] })).toMatchObject({ result: { cancelled: 0, unchanged: 1 } });
  expect(asked).toEqual([]);
});

it('cancels a list, and says so to the schedulers', async () => {
  const { cancel, asked, said } = worldWith([]);
  expect(await cancel({ lists: [LIST] })).toMatchObject({ result: { cancelled: 1, unchanged: 0 } });
  expect(asked).toEqual([LIST]);
  expect(said).toEqual([[signals.lists, { listIds: [LIST] }]]);
});

it.each(['list.ended', 'list.not_found'] as const)('counts a list as unchanged on %s', async (code) => {
  const { cancel, said } = worldWith([], { listFailure: new Failure(code) });
  expect(await cancel({ lists: [LIST] })).toMatchObject({ result: { cancelled: 0, unchanged: 1 } });
  expect(said).toEqual([]);
});

it('leaves the platform to deal with a ledger that is away', async () => {
  const { cancel } = worldWith([], { listFailure: new Failure('ledger.unavailable') });
  await expect(cancel({ lists: [LIST] })).rejects.toMatchObject({ code: 'ledger.unavailable' });
});
