import { openLedger, type Acquired, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, waitFor, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;
let locks = 0;

const LONG_MS = 60_000;

/** A run that an executor has in hand. */
const startedRun = async (): Promise<string> => {
  const run = requestedRun();
  await asGateway.runs.request(run);
  await ledger.runs.append({ ...run, expectedVersion: 1, at: at(), events: [{ type: 'RunStarted', data: {} }] });
  return run.runId;
};

/** A run that waits for a lock, without a timer. */
const resting = async (name: string): Promise<string> => {
  const runId = await startedRun();
  expect(await acquire(name, runId)).toMatchObject({ held: false });
  await ledger.runs.append({
    runId,
    expectedVersion: 2,
    at: at(),
    events: [{ type: 'WaitStarted', data: { step: 'guarded', lock: name } }],
    rests: {},
  });
  expect(await ledger.runs.find(runId)).toMatchObject({ status: 'waiting' });
  return runId;
};

const acquire = (name: string, runId: string, leaseMs = LONG_MS): Promise<Acquired> =>
  ledger.locks.acquire({ name, runId, step: 'guarded', leaseMs });

const newName = (): string => `account-${++locks}`;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test executor', connections: 12 });
  asGateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test gateway' });
  asScheduler = await openLedger({ url: database.serviceUrls.scheduler, applicationName: 'test scheduler' });
});

afterAll(async () => {
  await Promise.all([ledger.close(), asGateway.close(), asScheduler.close()]);
  await database.drop();
});

describe('a lock', () => {
  it('is never held by two runs, however many want it at once, and everybody has it in the end', async () => {
    const name = newName();
    const runIds = await Promise.all(Array.from({ length: 12 }, startedRun));
    let holders = 0;
    let most = 0;
    const had: string[] = [];
    // Each asks again as often as it must: what a woken run would do, without the waiting.
    await Promise.all(
      runIds.map(async (runId) => {
        while (!(await acquire(name, runId)).held);
        holders++;
        most = Math.max(most, holders);
        had.push(runId);
        expect(await acquire(name, runId)).toMatchObject({ held: true });
        holders--;
        await ledger.locks.release(runId, [name]);
      }),
    );
    expect(most).toBe(1);
    expect(had.sort()).toEqual(runIds.sort());
  });

  it('goes to those who wait in the order in which they asked', async () => {
    const name = newName();
    const [first, second, third, late] = (await Promise.all(Array.from({ length: 4 }, startedRun))) as [
      string,
      string,
      string,
      string,
    ];
    expect(await acquire(name, first)).toMatchObject({ held: true });
    expect(await acquire(name, second)).toMatchObject({ held: false });
    expect(await acquire(name, third)).toMatchObject({ held: false });
    expect(await ledger.locks.release(first, [name])).toEqual([{ runId: second }]);
    // Nobody holds it now, but it is not for those who come later.
    expect(await acquire(name, late)).toMatchObject({ held: false });
    expect(await acquire(name, third)).toMatchObject({ held: false });
    expect(await acquire(name, second)).toMatchObject({ held: true });
    expect(await ledger.locks.release(second, [name])).toEqual([{ runId: third }]);
  });

  it('makes the run that is next ready when a commit lets it go', async () => {
    const name = newName();
    const holder = await startedRun();
    await acquire(name, holder);
    const waiter = await resting(name);
    const append = {
      runId: holder,
      at: at(),
      events: [{ type: 'StepCompleted' as const, data: { step: 'guarded', attempt: 1 } }],
      releases: [name],
    };
    expect(await ledger.runs.append({ ...append, expectedVersion: 1 })).toEqual({ outcome: 'conflict' });
    expect(await acquire(name, waiter)).toMatchObject({ held: false });
    expect(await ledger.runs.append({ ...append, expectedVersion: 2 })).toMatchObject({
      outcome: 'appended',
      wokenRunIds: [waiter],
    });
    expect(await ledger.runs.find(waiter)).toMatchObject({ status: 'running' });
    expect(await asScheduler.runs.takeStalled(new Date(Date.now() + LONG_MS), 100)).toContainEqual({
      runId: waiter,
      version: 3,
    });
    expect(await acquire(name, waiter)).toMatchObject({ held: true });
  });

  it('is lost when its lease runs out, and renewing does not bring it back', async () => {
    const name = newName();
    const [slow, next] = (await Promise.all([startedRun(), startedRun()])) as [string, string];
    expect(await acquire(name, slow, 1)).toMatchObject({ held: true });
    await expect.poll(() => acquire(name, next)).toMatchObject({ held: true });
    expect(await ledger.locks.renew([slow])).toEqual([]);
    expect(await acquire(name, slow)).toMatchObject({ held: false });
  });

  it('is kept by renewing, for the length of its own lease', async () => {
    const name = newName();
    const [holder, other] = (await Promise.all([startedRun(), startedRun()])) as [string, string];
    const acquired = (await acquire(name, holder, LONG_MS)) as { until: Date };
    let until = acquired.until;
    // Within a millisecond the end of the lease is the same.
    const renewed = async (): Promise<number> => {
      const [lock] = await ledger.locks.renew([holder]);
      expect(lock).toMatchObject({ runId: holder, name, step: 'guarded' });
      until = lock!.until;
      return until.getTime();
    };
    await expect.poll(renewed).toBeGreaterThan(acquired.until.getTime());
    expect(until.getTime()).toBeLessThanOrEqual(Date.now() + LONG_MS);
    expect(await acquire(name, other)).toEqual({ held: false, freeAt: until });
  });

  it('passes over a paused run, which keeps its place', async () => {
    const name = newName();
    const holder = await startedRun();
    await acquire(name, holder);
    const paused = await resting(name);
    const other = await resting(name);
    await asGateway.control.pause({ runIds: [paused] });
    expect(await ledger.locks.release(holder, [name])).toEqual([{ runId: other }]);
    await asGateway.control.resume({ runIds: [paused] });
    expect(await acquire(name, other)).toMatchObject({ held: false });
    expect(await acquire(name, paused)).toMatchObject({ held: true });
  });

  it('goes on when its holder is cancelled', async () => {
    const name = newName();
    const holder = await startedRun();
    await acquire(name, holder);
    const waiter = await resting(name);
    expect(await asGateway.control.cancel({ runIds: [holder] })).toMatchObject({ wokenRunIds: [waiter] });
    expect(await acquire(name, waiter)).toMatchObject({ held: true });
  });

  it('lets a step give up its place without letting go of what another step of the run holds', async () => {
    const name = newName();
    const [run, other] = (await Promise.all([startedRun(), startedRun()])) as [string, string];
    await acquire(name, other);
    await acquire(name, run);
    await ledger.locks.release(run, [name]);
    expect(await ledger.locks.release(other, [name])).toEqual([]);

    await ledger.locks.acquire({ name, runId: run, step: 'one branch', leaseMs: LONG_MS });
    expect(await ledger.locks.acquire({ name, runId: run, step: 'another branch', leaseMs: LONG_MS })).toMatchObject({
      held: false,
    });
    expect(await ledger.locks.release(run, [name])).toEqual([{ runId: run }]);
    expect(await ledger.locks.acquire({ name, runId: run, step: 'another branch', leaseMs: LONG_MS })).toMatchObject({
      held: true,
    });
  });

  it('is found by the scheduler when nobody woke the next waiter', async () => {
    const name = newName();
    const holder = await startedRun();
    await acquire(name, holder, 1);
    // The holder's lease runs out, and it is dead.
    await expect.poll(() => ledger.locks.renew([holder])).toEqual([]);
    const waiter = await startedRun();
    const next = await startedRun();
    expect(await acquire(name, waiter)).toMatchObject({ held: true });
    await acquire(name, next);
    // It ends without a word about its lock.
    await ledger.runs.append({
      runId: waiter,
      expectedVersion: 2,
      at: at(),
      events: [{ type: 'RunSucceeded', data: {} }],
    });
    expect(await asScheduler.locks.wakeForgotten(100)).toContainEqual({ runId: next });
    // Told once: it is at work, or the reconciler has it.
    expect(await asScheduler.locks.wakeForgotten(100)).not.toContainEqual({ runId: next });
  });

  it('stays with a run that rests for longer than its lease, until that is taken up again', async () => {
    const name = newName();
    const [holder, waiter] = [await startedRun(), await startedRun()];
    await acquire(name, holder, 1_000);
    const waits = { type: 'WaitStarted' as const, data: { step: 'guarded', until: at() } };
    await ledger.runs.append({
      runId: holder,
      expectedVersion: 2,
      at: at(),
      events: [waits],
      rests: { keepsLocks: true },
    });
    const later = await acquire(name, waiter, 50);
    expect(later).toMatchObject({ held: false });
    expect('freeAt' in later && later.freeAt.getTime()).toBeGreaterThan(Date.now() + 60_000);
    expect(await ledger.locks.renew([holder])).toMatchObject([{ runId: holder, name }]);
    // Taken up again and not heard of since, it loses the lock as any other.
    await waitFor(async () => (await acquire(name, waiter, 50)).held);
    expect(await ledger.locks.renew([holder])).toEqual([]);
  });
});
