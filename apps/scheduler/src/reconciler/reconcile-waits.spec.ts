import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { makeSchedulerMetrics } from '../metrics.ts';
import { makeReconcileWaits, type ReconcileWaitsDeps } from './reconcile-waits.ts';

const given = (atLocks: { runId: string }[], atEvents: { runId: string; version: number }[]) => {
  const deliverForgotten = vi.fn(async (_before: Date) => atEvents);
  const publish = vi.fn();
  const deps = {
    ledger: { locks: { wakeForgotten: async () => atLocks }, events: { deliverForgotten } },
    bus: { publish, whenWritable: async () => {} },
    metrics: makeSchedulerMetrics(new Registry()),
    faults: { failed: () => {}, answered: () => {} },
    logger: { info: () => {} },
  } as unknown as ReconcileWaitsDeps;
  return { reconcile: makeReconcileWaits(deps), deliverForgotten, publish };
};

describe('reconcileWaits', () => {
  it('leaves alone what is just being delivered, and sends nothing when nobody was forgotten', async () => {
    const { reconcile, deliverForgotten, publish } = given([], []);
    await reconcile();
    expect(deliverForgotten.mock.calls[0]![0].getTime()).toBeLessThan(Date.now() - 1_000);
    expect(publish).not.toHaveBeenCalled();
  });

  it('dispatches whom it woke: the event is new to the feed, of a wait for a lock nothing is', async () => {
    const { reconcile, publish } = given([{ runId: 'at-lock' }], [{ runId: 'at-event', version: 7 }]);
    await reconcile();
    expect(publish.mock.calls.map(([, text]) => JSON.parse(text as string))).toEqual([
      { runId: 'at-lock', version: Number.MAX_SAFE_INTEGER },
      { runId: 'at-event', version: 7 },
    ]);
  });
});
