import { Failure } from '@nightshift/contracts';
import { newId, type Ledger, type RequestedRun } from '@nightshift/ledger';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { anOccasion, OCCASION_RUN_ID } from './an-occasion.fixture.ts';
import type { Definition, Definitions } from '../definitions.ts';
import { makeExecutorMetrics } from '../metrics.ts';
import { makePerformCall } from './call.ts';
import { makeFindBreach, makeHoldBack, type FindBreach } from './guards.ts';
import { makePerformStartList } from './start-list.ts';
import { makePerformStart, type PerformStartDeps } from './start.ts';

const lax: Definition['guards'] = { cycles: 1000, depth: 1000, runsPerMinute: null, durationMs: null };

/** Published workflows with these guards; parameters need a number `n`, if they have one. */
const definitionsWith = (guards: Partial<Definition['guards']> = {}): Definitions => ({
  version: () => Promise.reject(new Error('not asked for')),
  published: (workflow) => {
    if (workflow === 'missing') return Promise.reject(new Failure('workflow.not_found', { detail: 'no "missing"' }));
    const checkParameters: Definition['checkParameters'] = (value) =>
      typeof ((value as { n?: unknown }).n ?? 0) === 'number'
        ? { ok: true, value }
        : { ok: false, violations: [{ pointer: '/n', detail: 'must be a number' }] };
    return Promise.resolve({ version: 4, checkParameters, guards: { ...lax, ...guards } } as Definition);
  },
});

const warnings: Record<string, unknown>[] = [];
let registry: Registry;
let firstRun: { startedAt: string | null } | undefined;
let reads = 0;

let findBreach: FindBreach;

beforeEach(() => {
  warnings.length = 0;
  registry = new Registry();
  firstRun = undefined;
  reads = 0;
  const find = async () => {
    reads += 1;
    return firstRun;
  };
  findBreach = makeFindBreach({
    ledger: { runs: { find: find as Ledger['runs']['find'] } },
    holdBack: makeHoldBack({
      logger: { warn: ((fields: Record<string, unknown>) => void warnings.push(fields)) as never },
      breaches: makeExecutorMetrics(registry).guardBreaches,
    }),
  });
});

/** A ledger and a bus that are asked for nothing: only what has a key is put at once. */
const depsWith = (guards: Partial<Definition['guards']> = {}): PerformStartDeps => ({
  ledger: {} as PerformStartDeps['ledger'],
  bus: {} as PerformStartDeps['bus'],
  definitions: definitionsWith(guards),
  findBreach,
});

const start = (occasion = anOccasion(), guards: Partial<Definition['guards']> = {}, workflow = 'remind') =>
  makePerformStart(depsWith(guards))({ kind: 'start', workflow, parameters: { n: 1 }, version: 'pinned' }, occasion);

const onlyRun = async (performed: Promise<{ runs?: readonly RequestedRun[] }> | { runs?: readonly RequestedRun[] }) => {
  const { runs } = await performed;
  expect(runs).toHaveLength(1);
  return runs![0]!;
};

describe('starting a run', () => {
  it('requests it one deeper, in a chain of its own', async () => {
    const performed = await start(anOccasion({ requested: { depth: 2, iteration: 9 } }));
    const { runId, requested } = await onlyRun(performed);
    expect(requested).toEqual({
      workflow: 'remind',
      workflowVersion: 4,
      parameters: { n: 1 },
      cause: { kind: 'run', runId: OCCASION_RUN_ID, step: 'act' },
      chainId: runId,
      iteration: 1,
      depth: 3,
      parentRunId: OCCASION_RUN_ID,
    });
    expect(performed.outcome).toMatchObject({ kind: 'completed', result: { runId, scheduleId: runId } });
  });

  it('makes a run of the same workflow the next cycle of the chain', async () => {
    const occasion = anOccasion({ requested: { iteration: 9, depth: 2 } });
    const { requested } = await onlyRun(start(occasion, {}, 'order'));
    expect(requested).toMatchObject({ chainId: OCCASION_RUN_ID, iteration: 10, depth: 2, cause: { kind: 'chain' } });
  });

  it('derives the id from run, step, iteration and attempt: a repeat meets its own run', async () => {
    const occasions = [
      anOccasion(),
      anOccasion({ step: 'other' }),
      anOccasion({ iteration: '0' }),
      anOccasion({ iteration: '1' }),
      anOccasion({ attempt: 2 }),
      anOccasion({ runId: newId(0) }),
    ];
    const ids = await Promise.all(occasions.map(async (occasion) => (await onlyRun(start(occasion))).runId));
    expect(new Set(ids).size).toBe(occasions.length);
    expect((await onlyRun(start(anOccasion()))).runId).toBe(ids[0]);
  });

  it('starts later when it is told to', async () => {
    const perform = makePerformStart(depsWith());
    const dueAt = '2999-01-01T00:00:00.000Z';
    const effect = { kind: 'start', workflow: 'remind', parameters: {}, version: 'latest', dueAt } as const;
    const { requested } = await onlyRun(perform(effect, anOccasion()));
    expect(requested).toMatchObject({ dueAt, version: 'latest' });
  });

  it('fails the step when the workflow is not there, or the parameters do not fit', async () => {
    expect(await start(anOccasion(), {}, 'missing')).toMatchObject({
      outcome: { kind: 'failed', canRetry: false, problem: { code: 'workflow.not_found' } },
    });
    const perform = makePerformStart(depsWith());
    const effect = { kind: 'start', workflow: 'remind', parameters: { n: 'x' }, version: 'pinned' } as const;
    expect(await perform(effect, anOccasion())).toMatchObject({
      outcome: { problem: { code: 'parameters.invalid', errors: [{ pointer: '/n' }] } },
    });
  });
});

describe('calling a workflow', () => {
  it('requests the run and rests until it ends', async () => {
    const perform = makePerformCall(definitionsWith(), findBreach);
    const performed = await perform({ kind: 'call', workflow: 'price', parameters: {} }, anOccasion());
    const { runId, requested } = await onlyRun(performed);
    expect(performed.outcome).toEqual({ kind: 'calling', calledRunId: runId });
    expect(requested.cause).toEqual({ kind: 'call', runId: OCCASION_RUN_ID, step: 'act' });
  });

  it('rests just so when a guard holds the called run', async () => {
    const perform = makePerformCall(definitionsWith({ depth: 1 }), findBreach);
    const effect = { kind: 'call', workflow: 'price', parameters: {} } as const;
    const performed = await perform(effect, anOccasion({ requested: { depth: 1 } }));
    const { runId, held } = await onlyRun(performed);
    expect(held?.guard?.name).toBe('depth');
    expect(performed.outcome).toEqual({ kind: 'calling', calledRunId: runId });
  });
});

describe('guards', () => {
  const cycle = (iteration: number, guards: Partial<Definition['guards']>, chainId = OCCASION_RUN_ID) =>
    onlyRun(start(anOccasion({ requested: { iteration, chainId } }), guards, 'order'));

  it('hold the cycle after the last that is allowed', async () => {
    expect((await cycle(2, { cycles: 3 })).held).toBeUndefined();
    expect((await cycle(3, { cycles: 3 })).held).toEqual({
      reason: 'This is cycle 4 of its chain, and the workflow allows 3',
      guard: { name: 'cycles', limit: 3, value: 4 },
    });
  });

  it('hold a run that is too deep', async () => {
    const deep = (depth: number) => onlyRun(start(anOccasion({ requested: { depth } }), { depth: 5 }));
    expect((await deep(4)).held).toBeUndefined();
    expect((await deep(5)).held?.guard).toEqual({ name: 'depth', limit: 5, value: 6 });
  });

  it('hold a chain that has been going on for too long', async () => {
    const chainId = newId(Date.now() - 60_000);
    expect((await cycle(2, { durationMs: 120_000 }, chainId)).held).toBeUndefined();
    expect(reads).toBe(0);
    const { guard } = (await cycle(2, { durationMs: 50_000 }, chainId)).held!;
    expect(guard).toMatchObject({ name: 'duration', limit: 50_000 });
    expect(guard!.value).toBeGreaterThanOrEqual(60_000);
  });

  it('count a chain from the start of its first run, not from the day it was scheduled', async () => {
    const chainId = newId(Date.now() - 60_000);
    firstRun = { startedAt: new Date(Date.now() - 10_000).toISOString() };
    expect((await cycle(2, { durationMs: 50_000 }, chainId)).held).toBeUndefined();
    firstRun = { startedAt: new Date(Date.now() - 55_000).toISOString() };
    expect((await cycle(2, { durationMs: 50_000 }, chainId)).held?.guard?.name).toBe('duration');
  });

  it('tell of each run that they hold', async () => {
    await cycle(3, { cycles: 3 });
    await cycle(1, { cycles: 3 });
    expect(warnings).toEqual([{ workflow: 'order', chainId: OCCASION_RUN_ID, guard: 'cycles', limit: 3, value: 4 }]);
    expect(await registry.metrics()).toContain('nightshift_guard_breaches_total{guard="cycles",workflow="order"} 1');
  });
});

describe('starting a list', () => {
  const startList = (items: unknown[], occasion = anOccasion(), guards: Partial<Definition['guards']> = {}) =>
    makePerformStartList(definitionsWith(guards))(
      { kind: 'startList', workflow: 'remind', items, as: 'n', parameters: { kind: 'x' } },
      occasion,
    );

  it('requests the list with the completion of the step', async () => {
    const performed = await startList([1, 2, 3], anOccasion({ requested: { depth: 1 } }));
    const [list] = performed.lists!;
    expect(list).toMatchObject({ items: [1, 2, 3], itemParameter: 'n', parentRunId: OCCASION_RUN_ID, depth: 2 });
    expect(performed.outcome).toEqual({ kind: 'completed', result: { listId: list!.listId, total: 3 } });
  });

  it('has another id in each iteration, and the same in a repeat', async () => {
    const idIn = async (iteration?: string) => (await startList([1], anOccasion({ iteration }))).lists![0]!.listId;
    const ids = [await idIn(), await idIn('0'), await idIn('1')];
    expect(new Set(ids).size).toBe(3);
    expect(await idIn('1')).toBe(ids[2]);
  });

  it('names the item that does not fit', async () => {
    expect(await startList([1, 'two'])).toMatchObject({
      outcome: { kind: 'failed', problem: { code: 'parameters.invalid', detail: expect.stringContaining('Item 1') } },
    });
  });

  it('fails when its runs would be too deep', async () => {
    expect((await startList([1], anOccasion({ requested: { depth: 4 } }), { depth: 5 })).lists).toHaveLength(1);
    const performed = await startList([1], anOccasion({ requested: { depth: 5 } }), { depth: 5 });
    expect(performed).toMatchObject({ outcome: { kind: 'failed', problem: { code: 'chain.too_deep' } } });
    expect(performed.lists).toBeUndefined();
  });
});
