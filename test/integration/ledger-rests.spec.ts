import type { NewRunEvent } from '@nightshift/contracts';
import { openLedger, type Append, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;

const started: NewRunEvent = { type: 'RunStarted', data: {} };
const waits: NewRunEvent = { type: 'WaitStarted', data: { step: 'pause' } };
const done: NewRunEvent = { type: 'StepCompleted', data: { step: 'a', attempt: 1 } };

const startedRun = async (): Promise<string> => {
  const run = requestedRun();
  await asGateway.runs.request(run);
  await append(run.runId, 1, {}, started);
  return run.runId;
};

const append = (runId: string, expectedVersion: number, more: Partial<Append>, ...events: NewRunEvent[]) =>
  ledger.runs.append({ runId, expectedVersion, at: at(), events, ...more });

const statusOf = async (runId: string) => (await ledger.runs.find(runId))?.status;

const aMinuteFromNow = (): Date => new Date(Date.now() + 60_000);

const readyRuns = async (): Promise<string[]> =>
  (await asScheduler.runs.takeStalled(aMinuteFromNow(), 10_000)).map(({ runId }) => runId);

const timerOf = async (runId: string) =>
  (await asScheduler.timers.upcoming(new Date(Date.now() + 3_600_000), 1_000)).find((timer) => timer.runId === runId);

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test executor' });
  asGateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test gateway' });
  asScheduler = await openLedger({ url: database.serviceUrls.scheduler, applicationName: 'test scheduler' });
});

afterAll(async () => {
  await Promise.all([ledger.close(), asGateway.close(), asScheduler.close()]);
  await database.drop();
});

describe('a run', () => {
  it('goes on while one of its branches waits, and rests when its executor says so', async () => {
    const runId = await startedRun();
    await append(runId, 2, {}, waits);
    expect(await statusOf(runId)).toBe('running');
    expect(await readyRuns()).toContain(runId);
    const wakeAt = new Date(Date.now() + 30_000).toISOString();
    await append(runId, 3, { rests: { wakeAt } }, done);
    expect(await statusOf(runId)).toBe('waiting');
    expect(await readyRuns()).not.toContain(runId);
    expect(await timerOf(runId)).toEqual({ runId, kind: 'wait', dueAt: new Date(wakeAt) });
    expect(await asScheduler.timers.fire([{ runId, kind: 'wait' }], aMinuteFromNow())).toMatchObject([
      { runId, version: 5 },
    ]);
    expect(await statusOf(runId)).toBe('running');
  });

  it('rests without an event only if it has not moved', async () => {
    const runId = await startedRun();
    expect(await ledger.runs.rest(runId, 1, {})).toBe(false);
    expect(await statusOf(runId)).toBe('running');
    const wakeAt = new Date(Date.now() + 30_000).toISOString();
    expect(await ledger.runs.rest(runId, 2, { wakeAt })).toBe(true);
    expect(await statusOf(runId)).toBe('waiting');
    expect(await timerOf(runId)).toMatchObject({ dueAt: new Date(wakeAt) });
    expect(await ledger.runs.rest(runId, 2, {})).toBe(true);
    await asGateway.control.pause({ runIds: [runId] });
    expect(await ledger.runs.rest(runId, 3, {})).toBe(false);
    expect(await statusOf(runId)).toBe('paused');
    await asGateway.control.cancel({ runIds: [runId] });
    expect(await ledger.runs.rest(runId, 4, {})).toBe(false);
  });

  it('is looked after until whoever put it to rest has looked in vain', async () => {
    const runId = await startedRun();
    const looks = at();
    await append(runId, 2, { rests: { looks } }, waits);
    expect(await statusOf(runId)).toBe('waiting');
    expect(await readyRuns()).toContain(runId);
    expect(await ledger.runs.rest(runId, 3, { looks })).toBe(true);
    expect(await ledger.runs.leave(runId, looks)).toBe(true);
    expect(await readyRuns()).not.toContain(runId);
    // An executor whose look was in vain must not take the lease of another that looks since, and may find something.
    const since = new Date(Date.parse(looks) + 1).toISOString();
    expect(await ledger.runs.rest(runId, 3, { looks: since })).toBe(true);
    expect(await ledger.runs.leave(runId, looks)).toBe(false);
    expect(await readyRuns()).toContain(runId);
    expect(await ledger.runs.rest(runId, 3, { looks: since })).toBe(true);
    await asGateway.control.pause({ runIds: [runId] });
    expect(await ledger.runs.leave(runId, since)).toBe(false);
    expect(await statusOf(runId)).toBe('paused');
  });

  it('that is paused before its start is recorded stays so, and can be resumed', async () => {
    const run = requestedRun();
    await asGateway.runs.request(run);
    await asGateway.control.pause({ runIds: [run.runId] });
    await append(run.runId, 2, {}, started);
    expect(await statusOf(run.runId)).toBe('paused');
    await append(run.runId, 3, { rests: { looks: at() } }, started, waits);
    expect(await statusOf(run.runId)).toBe('paused');
    expect(await readyRuns()).not.toContain(run.runId);
    const { changed } = await asGateway.control.resume({ runIds: [run.runId] });
    expect(changed).toMatchObject([{ status: 'running' }]);
  });

  it('that is paused stays so when what it was at comes to rest', async () => {
    const runId = await startedRun();
    await asGateway.control.pause({ runIds: [runId] });
    await append(runId, 3, { rests: {} }, done, waits);
    expect(await statusOf(runId)).toBe('paused');
    await append(runId, 5, {}, done);
    expect(await readyRuns()).not.toContain(runId);
  });

  it('that has ended is not told of its timers', async () => {
    const [failed, succeeded] = [await startedRun(), await startedRun()];
    const wakeAt = new Date(Date.now() + 30_000).toISOString();
    for (const runId of [failed, succeeded]) await append(runId, 2, { rests: { wakeAt } }, waits);
    const problem = { type: 'x', title: 'x', status: 500, code: 'step.raised' };
    await append(failed, 3, {}, { type: 'RunFailed', data: { problem } });
    expect(await timerOf(failed)).toBeUndefined();
    await append(succeeded, 3, {}, { type: 'RunSucceeded', data: {} });
    expect(await asScheduler.timers.fire([{ runId: succeeded, kind: 'wait' }], aMinuteFromNow())).toEqual([]);
    expect(await timerOf(succeeded)).toBeUndefined();
    expect(await ledger.runs.events(succeeded)).toHaveLength(4);
  });

  it('says how far it is, whatever else happens in the same commits', async () => {
    const runs = await Promise.all(Array.from({ length: 3 }, startedRun));
    const [steady, resting, ending] = runs as [string, string, string];
    const progress = (data: object): NewRunEvent => ({ type: 'ProgressReported', data: { step: 'p', ...data } });
    await Promise.all([
      append(steady, 2, {}, progress({ done: 1, total: 4, message: 'a "quarter"' })),
      append(resting, 2, { rests: {} }, progress({ done: 2 }), waits),
      append(ending, 2, {}, progress({ done: 3 }), { type: 'RunSucceeded', data: { result: [1] } }),
    ]);
    const views = await Promise.all(runs.map((runId) => ledger.runs.find(runId)));
    expect(views).toMatchObject([
      { status: 'running', progress: { done: 1, total: 4, message: 'a "quarter"' } },
      { status: 'waiting', progress: { done: 2 } },
      { status: 'succeeded', progress: { done: 3 }, result: [1] },
    ]);
    expect(await readyRuns()).toContain(steady);
    await append(steady, 3, {}, done, { type: 'RunSucceeded', data: {} });
    expect(await ledger.runs.find(steady)).toMatchObject({ status: 'succeeded', progress: { done: 1 } });
  });
});
