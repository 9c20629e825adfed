import type { NewRunEvent, Problem } from '@nightshift/contracts';
import { newId, openLedger, type ChangedRun, type Ledger, type RequestedRun } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;
let workflows = 0;

const problem: Problem = { type: 'x', title: 'x', status: 500, code: 'step.raised' };
const started: NewRunEvent = { type: 'RunStarted', data: {} };
const failed: NewRunEvent = { type: 'RunFailed', data: { problem } };

const newWorkflow = (): string => `workflow-${++workflows}`;
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

const given = async (data: Partial<RequestedRun['requested']> = {}, ...events: NewRunEvent[]): Promise<string> => {
  const run = requestedRun(data);
  await asGateway.runs.request(run);
  if (events.length > 0) await append(run.runId, 1, ...events);
  return run.runId;
};

const append = (runId: string, expectedVersion: number, ...events: NewRunEvent[]) =>
  ledger.runs.append({ runId, expectedVersion, at: at(), events });

const statusOf = async (runId: string) => (await ledger.runs.find(runId))?.status;

/** Runs that the reconciler would find, now or when their leases have ended. */
const readyRuns = async (): Promise<string[]> =>
  (await asScheduler.runs.takeStalled(new Date(Date.now() + 60_000), 10_000)).map(({ runId }) => runId);

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

describe('cancelling', () => {
  it('ends what has not ended, and says what it could not end and why', async () => {
    const [queued, scheduled, ended] = [
      await given({ waiter: 'gateway-1' }),
      await given({ dueAt: inAnHour() }),
      await given({}, started, failed),
    ];
    const unknown = newId(Date.now());
    const runIds = [queued, scheduled, ended, unknown, queued];
    const { changed, unchanged } = await asGateway.control.cancel({ runIds }, { reason: 'enough' });
    expect(new Map(changed.map((run) => [run.runId, run]))).toEqual(
      new Map<string, Partial<ChangedRun>>([
        [
          queued,
          expect.objectContaining({ version: 2, wasStatus: 'queued', status: 'cancelled', waiter: 'gateway-1' }),
        ],
        [scheduled, expect.objectContaining({ version: 2, wasStatus: 'scheduled', status: 'cancelled' })],
      ]),
    );
    expect(unchanged).toHaveLength(2);
    expect(unchanged).toContainEqual({ runId: ended, status: 'failed', reason: 'run.ended' });
    expect(unchanged).toContainEqual({ runId: unknown, status: null, reason: 'run.not_found' });
    expect((await ledger.runs.events(queued)).at(-1)).toMatchObject({
      type: 'RunCancelled',
      data: { reason: 'enough' },
    });
    expect(await asScheduler.timers.fire([{ runId: scheduled, kind: 'start' }], new Date(inAnHour()))).toEqual([]);
  });

  it('finds its runs by every criterion, thousands of them', async () => {
    const workflow = newWorkflow();
    const runs = Array.from({ length: 2_300 }, () => requestedRun({ workflow }));
    await Promise.all(runs.map((run) => asGateway.runs.request(run)));
    await append(runs[0]!.runId, 1, started, failed);
    const told: number[] = [];
    const result = await asGateway.control.cancel(
      { where: { workflow } },
      { onChanged: (changed) => void told.push(changed.length) },
    );
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(2_299);
    expect(result).toMatchObject({ changed: [], unchanged: [] });
    expect(await asGateway.control.cancel({ where: { workflow } })).toMatchObject({ changed: [] });
  });

  it.each<[string, (own: string) => object, (own: string) => object]>([
    ['its parent', (own) => ({ parentRunId: own }), (own) => ({ parentRunId: own })],
    ['its chain', (own) => ({ chainId: own, iteration: 2 }), (own) => ({ chainId: own })],
    [
      'its status',
      (own) => ({ workflow: `w-${own}`, dueAt: inAnHour() }),
      (own) => ({ workflow: `w-${own}`, status: 'scheduled' }),
    ],
  ])('finds a run by %s', async (_name, data, where) => {
    const own = newId(Date.now());
    const runId = await given(data(own));
    await given();
    const { changed } = await asGateway.control.cancel({ where: where(own) });
    expect(changed.map((run) => run.runId)).toEqual([runId]);
  });

  it('finds runs by when they were requested', async () => {
    const workflow = newWorkflow();
    const runId = await given({ workflow });
    const { requestedAt } = (await ledger.runs.find(runId))!;
    const [before, after] = [new Date(Date.parse(requestedAt) - 1), new Date(Date.parse(requestedAt) + 1)];
    expect(await asGateway.control.cancel({ where: { workflow, requestedBefore: before } })).toMatchObject({
      changed: [],
    });
    expect(await asGateway.control.cancel({ where: { workflow, requestedAfter: after } })).toMatchObject({
      changed: [],
    });
    const both = { workflow, requestedAfter: before, requestedBefore: after };
    expect(await asGateway.control.cancel({ where: both })).toMatchObject({ changed: [{ runId }] });
  });

  it('wins against an executor that moves the run meanwhile', async () => {
    const runId = await given();
    let version = 1;
    let isCancelled = false;
    const moving = (async () => {
      while (!isCancelled) {
        const step: NewRunEvent = { type: 'StepCompleted', data: { step: 's', attempt: 1 } };
        const { outcome } = await append(runId, version, step);
        version = outcome === 'appended' ? version + 1 : (await ledger.runs.events(runId)).length;
        isCancelled = (await statusOf(runId)) === 'cancelled';
      }
    })();
    expect(await asGateway.control.cancel({ runIds: [runId] })).toMatchObject({ changed: [{ runId }] });
    await moving;
  });
});

describe('pausing', () => {
  it('holds a run at work, so that nobody takes it up, until it is resumed', async () => {
    const runId = await given({}, started);
    expect(await asGateway.control.pause({ runIds: [runId] })).toMatchObject({
      changed: [{ wasStatus: 'running', status: 'paused', version: 3 }],
    });
    expect(await readyRuns()).not.toContain(runId);
    expect(await asGateway.control.pause({ runIds: [runId] })).toMatchObject({ unchanged: [{ reason: 'run.paused' }] });
    expect(await asGateway.control.resume({ runIds: [runId] })).toMatchObject({
      changed: [{ wasStatus: 'paused', status: 'running', version: 4 }],
    });
    expect(await statusOf(runId)).toBe('running');
    expect(await readyRuns()).toContain(runId);
    expect(await asGateway.control.resume({ runIds: [runId] })).toMatchObject({
      unchanged: [{ reason: 'run.not_paused', status: 'running' }],
    });
  });

  it('lets a run know that its time has come, without starting it', async () => {
    const run = requestedRun({ dueAt: new Date(Date.now() - 1_000).toISOString() });
    const { runId } = run;
    await asGateway.runs.request({ ...run, at: new Date(Date.now() - 2_000).toISOString() });
    await asGateway.control.pause({ runIds: [runId] });
    expect(await asScheduler.timers.fire([{ runId, kind: 'start' }], new Date())).toEqual([]);
    expect((await ledger.runs.events(runId)).at(-1)).toMatchObject({ type: 'TimerFired' });
    expect(await statusOf(runId)).toBe('paused');
    expect(await asGateway.control.resume({ runIds: [runId] })).toMatchObject({ changed: [{ status: 'queued' }] });
    expect(await statusOf(runId)).toBe('queued');
    expect(await readyRuns()).toContain(runId);
  });

  it('is over for a run that is still to come: it is scheduled again', async () => {
    const runId = await given({ dueAt: inAnHour() });
    await asGateway.control.pause({ runIds: [runId] });
    expect(await asGateway.control.resume({ runIds: [runId] })).toMatchObject({ changed: [{ status: 'scheduled' }] });
    expect(await statusOf(runId)).toBe('scheduled');
    expect(await readyRuns()).not.toContain(runId);
    expect(await asScheduler.timers.fire([{ runId, kind: 'start' }], new Date(inAnHour()))).toHaveLength(1);
  });
});

describe('a guard', () => {
  const guard = (name: string, value: number) => ({ name, limit: 100, value });
  const held = (workflow: string, value: number, more = {}): RequestedRun => ({
    ...requestedRun({ workflow, ...more }),
    held: { reason: 'too many', guard: guard('cycles', value) },
  });

  it('holds a run from the beginning, whoever requests it and whenever it is due', async () => {
    const workflow = newWorkflow();
    const [now, later, child] = [held(workflow, 101), held(workflow, 101, { dueAt: inAnHour() }), held(workflow, 101)];
    await asGateway.runs.request(now);
    await asGateway.runs.request(later);
    const parent = await given();
    await ledger.runs.append({ runId: parent, expectedVersion: 1, at: at(), events: [started], runs: [child] });
    for (const { runId } of [now, later, child]) {
      expect(await ledger.runs.find(runId)).toMatchObject({ status: 'paused', heldBy: 'cycles' });
      expect((await ledger.runs.events(runId)).map(({ version, type }) => [version, type])).toEqual([
        [1, 'RunRequested'],
        [2, 'RunPaused'],
      ]);
      expect(await readyRuns()).not.toContain(runId);
    }
    expect(await asScheduler.runs.countHeld()).toEqual(new Map([['cycles', 3]]));
    expect(await asScheduler.timers.upcoming(new Date(inAnHour()), 1_000)).not.toContainEqual(
      expect.objectContaining({ runId: later.runId }),
    );
    await asGateway.control.resume({ runIds: [later.runId, now.runId] });
    expect(await ledger.runs.find(now.runId)).not.toHaveProperty('heldBy');
    expect(await statusOf(now.runId)).toBe('queued');
    expect(await statusOf(later.runId)).toBe('scheduled');
    expect(await asScheduler.timers.fire([{ runId: later.runId, kind: 'start' }], new Date(inAnHour()))).toHaveLength(
      1,
    );
  });

  it('lets go what is within its limit now, and nothing else', async () => {
    const workflow = newWorkflow();
    const [within, beyond, byHand] = [held(workflow, 150), held(workflow, 201), requestedRun({ workflow })];
    for (const run of [within, beyond, byHand, held(newWorkflow(), 150)]) await asGateway.runs.request(run);
    await asGateway.control.pause({ runIds: [byHand.runId] });
    expect(await asGateway.control.resumeGuarded(workflow, { depth: null })).toEqual([]);
    const resumed = await asGateway.control.resumeGuarded(workflow, { cycles: 200 });
    expect(resumed).toMatchObject([{ runId: within.runId, status: 'queued', version: 3 }]);
    expect(await asGateway.control.resumeGuarded(workflow, { cycles: null })).toMatchObject([{ runId: beyond.runId }]);
    expect(await statusOf(byHand.runId)).toBe('paused');
  });

  it('counts the starts of a workflow within a minute', async () => {
    const workflow = newWorkflow();
    const minute = Date.parse('2026-11-22T12:00:00Z');
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, second) =>
        asGateway.guards.countStart(workflow, new Date(minute + second * 1_000)),
      ),
    );
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await ledger.guards.countStart(workflow, new Date(minute + 60_000))).toBe(1);
    expect(await asScheduler.guards.forgetStarts(new Date(minute + 60_000))).toBe(1);
  });
});

describe('retrying', () => {
  it('lets a failed run go on, with other parameters', async () => {
    const runId = await given({}, started, failed);
    expect(await asGateway.control.retry({ runIds: [runId] }, { parameters: { name: 'Eve' } })).toMatchObject({
      changed: [{ wasStatus: 'failed', status: 'running', version: 4 }],
    });
    expect((await ledger.runs.events(runId)).at(-1)).toMatchObject({
      type: 'RunRetried',
      data: { parameters: { name: 'Eve' } },
    });
    const run = (await ledger.runs.find(runId))!;
    expect(run).toMatchObject({ status: 'running', finishedAt: null });
    expect(run).not.toHaveProperty('problem');
    expect(await readyRuns()).toContain(runId);
  });

  it('refuses what has not failed, and what was undone', async () => {
    const undone = await given(
      {},
      started,
      { type: 'StepFailed', data: { step: 'b', attempt: 1, problem } },
      { type: 'StepCompensated', data: { step: 'a' } },
      failed,
    );
    const running = await given({}, started);
    const { changed, unchanged } = await asGateway.control.retry({ runIds: [undone, running] });
    expect(changed).toEqual([]);
    expect(unchanged).toContainEqual({ runId: undone, status: 'failed', reason: 'run.compensated' });
    expect(unchanged).toContainEqual({ runId: running, status: 'running', reason: 'run.not_failed' });
  });

  it('keeps the failure counted in the list of the run until it ends again; the list completes once', async () => {
    const listId = newId(Date.now());
    await asGateway.lists.admit({
      listId,
      at: at(),
      workflow: 'greet',
      workflowVersion: 1,
      parameters: {},
      itemParameter: null,
      items: [1, 2],
      startAt: null,
      intervalMs: null,
      concurrency: null,
      onComplete: { workflow: 'report', workflowVersion: 1 },
      parentRunId: null,
      depth: 0,
    });
    const { runs } = (await asScheduler.lists.handOut(listId, new Date()))!;
    const [one, two] = runs.map(({ runId }) => runId) as [string, string];
    await append(one, 1, started, failed);
    expect(await ledger.lists.find(listId)).toMatchObject({ failed: 1, succeeded: 0 });
    await asGateway.control.retry({ where: { listId } });
    expect(await ledger.lists.find(listId)).toMatchObject({ failed: 1, retrying: 1, succeeded: 0, done: 1 });
    expect(await append(one, 4, { type: 'RunSucceeded', data: {} })).toMatchObject({ listId });
    await append(two, 1, started, failed);
    expect((await asScheduler.lists.handOut(listId, new Date()))!.runs).toMatchObject([
      { requested: { cause: { kind: 'listCompleted' }, parameters: { succeeded: 1, failed: 1 } } },
    ]);
    await asGateway.control.retry({ runIds: [two] });
    expect(await ledger.lists.find(listId)).toMatchObject({
      status: 'running',
      retrying: 1,
      done: 2,
      finishedAt: null,
    });
    expect((await asScheduler.lists.handOut(listId, new Date()))!.runs).toEqual([]);
    await append(two, 4, { type: 'RunSucceeded', data: {} });
    expect(await ledger.lists.find(listId)).toMatchObject({
      status: 'succeeded',
      succeeded: 2,
      failed: 0,
      retrying: 0,
    });
    expect((await asScheduler.lists.handOut(listId, new Date()))!.runs).toEqual([]);
    expect(await asScheduler.lists.handOut(listId, new Date())).toBeUndefined();
  });
});

describe('replaying', () => {
  const done = (step: string, more = {}): NewRunEvent => ({
    type: 'StepCompleted',
    data: { step, attempt: 1, ...more },
  });

  it('begins a new run with what happened before the step', async () => {
    const runId = await given(
      { waiter: 'gateway-1', parentRunId: newId(Date.now()), version: 'latest', depth: 2 },
      { type: 'RunStarted', data: { workflowVersion: 7 } },
      done('a', { result: 1 }),
      { type: 'WaitStarted', data: { step: 'b', until: at() } },
      { type: 'TimerFired', data: { dueAt: at(), lateMs: 0 } },
      { type: 'RunPaused', data: {} },
      { type: 'RunResumed', data: {} },
      done('b'),
      { type: 'StepStarted', data: { step: 'c', attempt: 1 } },
      failed,
    );
    const replay = await asGateway.control.replay(runId, { fromStep: 'c', at: at() });
    expect(replay.requested).toEqual({
      workflow: 'greet',
      workflowVersion: 7,
      parameters: requestedRun().requested.parameters,
      cause: { kind: 'replay', runId, step: 'c' },
      chainId: replay.runId,
      iteration: 1,
      depth: 2,
      replayOf: { runId, step: 'c' },
    });
    expect((await ledger.runs.events(replay.runId)).map(({ type, data }) => ({ type, data })).slice(1)).toEqual([
      started,
      done('a', { result: 1 }),
      { type: 'WaitStarted', data: { step: 'b', until: expect.any(String) as string } },
      done('b'),
    ]);
    expect(await ledger.runs.find(replay.runId)).toMatchObject({
      status: 'running',
      workflowVersion: 7,
      parentRunId: null,
      replayOf: { runId, step: 'c' },
    });
    expect(await readyRuns()).toContain(replay.runId);
  });

  it('repeats the whole run, with another version and other parameters', async () => {
    const runId = await given({}, started, failed);
    const options = { workflowVersion: 9, parameters: { name: 'Eve' }, at: at() };
    const replay = await asGateway.control.replay(runId, options);
    expect(replay).not.toHaveProperty('history');
    expect(await ledger.runs.find(replay.runId)).toMatchObject({
      status: 'queued',
      workflowVersion: 9,
      replayOf: { runId },
    });
    expect(await ledger.runs.events(replay.runId)).toHaveLength(1);
  });

  it('refuses a run or a step that never was', async () => {
    const runId = await given({}, started, done('a'));
    await expect(asGateway.control.replay(runId, { fromStep: 'z', at: at() })).rejects.toMatchObject({
      code: 'step.not_found',
    });
    await expect(asGateway.control.replay(newId(Date.now()), { at: at() })).rejects.toMatchObject({
      code: 'run.not_found',
    });
  });
});
