import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { makeSchedulerMetrics } from '../metrics.ts';
import { makeReconcileRuns, type ReconcileRunsDeps } from './reconcile-runs.ts';

const given = (stalled: { runId: string; version: number }[][], oldestUndelivered?: Date) => {
  const takeStalled = vi.fn(async (_before: Date) => stalled.shift() ?? []);
  const publish = vi.fn();
  const deps = {
    ledger: { runs: { takeStalled } },
    bus: { publish, whenWritable: async () => {}, oldestUndelivered: async () => oldestUndelivered },
    metrics: makeSchedulerMetrics(new Registry()),
    faults: { failed: () => {}, answered: () => {} },
    logger: { info: () => {} },
  } as unknown as ReconcileRunsDeps;
  return { reconcile: makeReconcileRuns(deps), takeStalled, publish };
};

const runs = (count: number) => Array.from({ length: count }, (_, index) => ({ runId: `run-${index}`, version: 3 }));

describe('reconcileRuns', () => {
  it('leaves runs alone whose dispatch may still lie in the stream', async () => {
    const queuedSince = new Date(Date.now() - 60_000);
    const { reconcile, takeStalled } = given([], queuedSince);
    await reconcile();
    expect(takeStalled.mock.calls[0]![0]).toEqual(queuedSince);
  });

  it('takes what stalled until now when the stream is empty', async () => {
    const { reconcile, takeStalled } = given([]);
    const startedAt = Date.now();
    await reconcile();
    expect(takeStalled.mock.calls[0]![0].getTime()).toBeGreaterThanOrEqual(startedAt);
  });

  it('goes on at once while batches come full, and sends the whole history with an id of its own', async () => {
    const { reconcile, takeStalled, publish } = given([runs(500), runs(2)]);
    await reconcile();
    expect(takeStalled).toHaveBeenCalledTimes(2);
    expect(publish).toHaveBeenCalledTimes(502);
    const [, text, { id }] = publish.mock.calls[0]! as [string, string, { id: string }];
    expect(JSON.parse(text)).toEqual({ runId: 'run-0', version: 1 });
    expect(id).toMatch(/^reconcile:run-0:3:\d+$/);
  });
});
