import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consumers,
  signals,
  streams,
  type Dispatch,
  type NewRunEvent,
  type RecurrenceBody,
  type RunRequested,
} from '@nightshift/contracts';
import { newId, openLedger, type Append, type Ledger, type RequestedList } from '@nightshift/ledger';
import { connectBus, type Bus, type RunningConsumer } from '@nightshift/messaging';
import { makeLogger, openService, readConfig, type OpenService } from '@nightshift/runtime';
import { connectScheduler, SchedulerConfigSchema } from '@nightshift/scheduler';
import {
  createTestDatabase,
  freePort,
  startNatsServer,
  waitFor,
  type NatsServer,
  type TestDatabase,
} from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-scheduler-'));
let nats: NatsServer;
let database: TestDatabase;
let ledger: Ledger;
let bus: Bus;
let services: OpenService[] = [];
let executor: RunningConsumer | undefined;
let dispatches: Dispatch[] = [];

/** The dispatch stream is one for all of a server: this file has its own server. */
beforeAll(async () => {
  nats = await startNatsServer({ directory: folder, port: await freePort() });
});

afterAll(async () => {
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  database = await createTestDatabase();
  // What gateway and executor write comes from here, so with every right.
  ledger = await openLedger({ url: database.url, applicationName: 'scheduler test' });
  // Made before anything is timed: it locks out everybody else.
  await ledger.ensurePartitions(1);
  bus = await connectBus({ url: nats.url, name: 'test' });
  await bus.ensureStreams([streams.dispatch]);
  dispatches = [];
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  services = [];
  // Nothing is left for the next test to hear.
  if (!executor) await startExecutor();
  await waitFor(async () => (await bus.oldestUndelivered(streams.dispatch, consumers.executor)) === undefined);
  await executor!.close(1_000);
  executor = undefined;
  await bus.close();
  await ledger.close();
  await database.drop();
});

const startScheduler = async (): Promise<OpenService> => {
  const config = readConfig(SchedulerConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: nats.url,
    NIGHTSHIFT_LEDGER_URL: database.serviceUrls.scheduler,
  });
  const logger = makeLogger({ app: 'scheduler', level: 'silent' });
  const service = await openService(await connectScheduler(config, logger));
  services.push(service);
  return service;
};

/** Plays the executor: hears each dispatch, and does with it what the test says. */
const startExecutor = async (handle: (dispatch: Dispatch) => Promise<void> = async () => {}): Promise<void> => {
  const started = bus.consume(
    { stream: streams.dispatch, consumer: consumers.executor, ackWaitMs: 5_000, concurrency: 256, maxDeliver: 10 },
    async (payload) => {
      dispatches.push(payload as Dispatch);
      await handle(payload as Dispatch);
    },
  );
  executor = started;
  await started.opened;
};

/** Starts and ends a run as an executor would, and says so. */
const endRun = async ({ runId }: Dispatch): Promise<void> => {
  const ended = await ledger.runs.append({
    runId,
    expectedVersion: 1,
    events: [
      { type: 'RunStarted', data: {} },
      { type: 'RunSucceeded', data: {} },
    ],
    at: new Date().toISOString(),
  });
  if (ended.outcome === 'appended' && ended.listId) bus.send(signals.lists, { listIds: [ended.listId] });
};

const requested = (runId: string, dueAt?: Date): RunRequested => ({
  workflow: 'nightly',
  workflowVersion: 1,
  parameters: {},
  cause: dueAt ? { kind: 'schedule', dueAt: dueAt.toISOString() } : { kind: 'api' },
  chainId: runId,
  iteration: 1,
  depth: 0,
  ...(dueAt && { dueAt: dueAt.toISOString() }),
});

const schedule = async (dueAt: Date): Promise<string> => {
  const runId = newId(Date.now());
  // Whatever is due was requested before that.
  const at = new Date(Math.min(Date.now(), dueAt.getTime() - 1)).toISOString();
  await ledger.runs.request({ runId, at, requested: requested(runId, dueAt) });
  return runId;
};

const firings = async (runIds: readonly string[]) =>
  (await Promise.all(runIds.map((runId) => ledger.runs.events(runId))))
    .flat()
    .filter((event) => event.type === 'TimerFired');

const publish = async (workflow: string): Promise<void> => {
  await ledger.workflows.saveDraft(workflow, { workflow, do: [] });
  await ledger.workflows.publish(workflow);
};

const soon = (ms: number): Date => new Date(Date.now() + ms);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('timers', () => {
  it('fire once each, on time, with two schedulers', async () => {
    await Promise.all([startScheduler(), startScheduler()]);
    await startExecutor();
    const runIds = await Promise.all(times(300, (index) => schedule(soon(1_500 + index * 5))));
    await waitFor(() => dispatches.length >= 300);
    const fired = await firings(runIds);
    expect(fired).toHaveLength(300);
    expect(new Set(dispatches.map(({ runId }) => runId))).toEqual(new Set(runIds));
    // The request has not been on the feed, so the executor is told to begin with it.
    expect(dispatches.every(({ version }) => version === 1)).toBe(true);
    const lateMs = fired.map(({ data }) => data.lateMs).sort((a, b) => a - b);
    expect(lateMs[Math.floor(300 * 0.95)]).toBeLessThan(100);
  });

  it('are fired before the next look when a signal tells of them', async () => {
    await startScheduler();
    await startExecutor();
    await schedule(soon(600));
    await waitFor(() => dispatches.length === 1);
    const runId = await schedule(soon(50));
    bus.send(signals.timers, { dueAt: soon(50).toISOString() });
    await waitFor(() => dispatches.some((dispatch) => dispatch.runId === runId));
    const [fired] = await firings([runId]);
    expect(fired!.data.lateMs).toBeLessThan(200);
  });

  it('that fell due while no scheduler ran fire when one comes', async () => {
    const runIds = await Promise.all(times(5_000, () => schedule(soon(-60_000))));
    await startExecutor();
    await startScheduler();
    await waitFor(() => dispatches.length === 5_000);
    expect(await firings(runIds.slice(0, 100))).toHaveLength(100);
  });

  it('go on after Postgres has closed every connection', async () => {
    await startScheduler();
    await startExecutor();
    await ledger.close();
    await disconnectAll();
    ledger = await openLedger({ url: database.url, applicationName: 'scheduler test' });
    const runId = await schedule(soon(100));
    await waitFor(() => dispatches.some((dispatch) => dispatch.runId === runId));
  });
});

const disconnectAll = async (): Promise<void> => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [database.name],
  );
  await client.end();
};

describe('recurrences', () => {
  const planned = (): string[] =>
    dispatches.map(({ requested: request }) => {
      const { cause } = request!.data;
      return cause.kind === 'recurrence' ? cause.plannedAt : '';
    });
  const put = async (spec: RecurrenceBody, nextAt: Date): Promise<void> => {
    await publish('nightly');
    await ledger.recurrences.put('nightly', 'each', spec, nextAt);
    bus.send(signals.timers, { dueAt: nextAt.toISOString() });
  };

  it('every second start a run each second, once with two schedulers', async () => {
    await Promise.all([startScheduler(), startScheduler()]);
    await startExecutor();
    const first = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    await put({ every: { seconds: 1 }, parameters: { depth: 3 } }, first);
    await waitFor(() => dispatches.length >= 4);
    expect(planned().slice(0, 4)).toEqual(times(4, (index) => new Date(first.getTime() + index * 1000).toISOString()));
    expect(dispatches[0]!.requested!.data).toMatchObject({
      workflow: 'nightly',
      workflowVersion: 1,
      parameters: { depth: 3 },
    });
  });

  it('by cron start at the moments of the calendar', async () => {
    await startScheduler();
    await startExecutor();
    const first = new Date(Math.ceil(Date.now() / 2000) * 2000 + 2000);
    await put({ cron: '*/2 * * * * *', timeZone: 'Europe/Berlin' }, first);
    await waitFor(() => dispatches.length >= 2);
    expect(planned().slice(0, 2)).toEqual([first.toISOString(), new Date(first.getTime() + 2000).toISOString()]);
  });

  it('missed for a week start once, for the newest moment', async () => {
    const now = Date.now();
    await put({ every: { minutes: 10 } }, new Date(Math.floor(now / 600_000) * 600_000 - 7 * 86_400_000));
    await startExecutor();
    await startScheduler();
    await waitFor(() => dispatches.length === 1);
    expect(planned()).toEqual([new Date(Math.floor(now / 600_000) * 600_000).toISOString()]);
    const row = await ledger.recurrences.find('nightly', 'each');
    expect(row!.nextAt.getTime()).toBe((Math.floor(now / 600_000) + 1) * 600_000);
  });

  it('of a workflow that is not published start nothing and go on', async () => {
    await ledger.workflows.saveDraft('nightly', { workflow: 'nightly', do: [] });
    const first = soon(-500);
    await ledger.recurrences.put('nightly', 'each', { every: { hours: 1 }, startAt: first.toISOString() }, first);
    await startScheduler();
    await waitFor(async () => (await ledger.recurrences.find('nightly', 'each'))!.nextAt > new Date());
    expect((await ledger.runs.search({ workflow: 'nightly' }, 10)).items).toEqual([]);
  });
});

describe('lists', () => {
  const admit = async (pacing: Partial<RequestedList>, items: number): Promise<string> => {
    const now = Date.now();
    const listId = newId(now);
    await ledger.lists.admit({
      listId,
      at: new Date(now).toISOString(),
      workflow: 'nightly',
      workflowVersion: 1,
      parameters: {},
      itemParameter: 'item',
      items: times(items, (index) => index),
      startAt: null,
      intervalMs: null,
      concurrency: null,
      onComplete: null,
      parentRunId: null,
      depth: 0,
      ...pacing,
    });
    bus.send(signals.lists, { listIds: [listId] });
    return listId;
  };
  const ended = (listId: string) => async (): Promise<boolean> =>
    (await ledger.lists.find(listId))!.status === 'succeeded';

  it('of 2,000 end with each item once, and complete once, with two schedulers', async () => {
    await Promise.all([startScheduler(), startScheduler()]);
    await startExecutor(endRun);
    const listId = await admit({ concurrency: 50, onComplete: { workflow: 'after', workflowVersion: 3 } }, 2_000);
    await waitFor(ended(listId), { timeoutMs: 20_000 });
    await waitFor(() => dispatches.length === 2_001);
    expect(await ledger.lists.find(listId)).toMatchObject({ total: 2_000, succeeded: 2_000, handedOut: 2_000 });
    const items = dispatches.map(({ requested: request }) => request!.data.item).filter((item) => item !== undefined);
    expect(items.sort((a, b) => Number(a) - Number(b))).toEqual(times(2_000, (index) => index));
    expect(dispatches.filter(({ requested: request }) => request!.data.workflow === 'after')).toHaveLength(1);
  });

  it('never have more items under way than their limit', async () => {
    await startScheduler();
    await startExecutor();
    const listId = await admit({ concurrency: 5 }, 20);
    await waitFor(() => dispatches.length === 5);
    await endRun(dispatches[0]!);
    await waitFor(() => dispatches.length === 6);
    const view = await ledger.lists.find(listId);
    expect(view).toMatchObject({ handedOut: 6, succeeded: 1 });
  });

  it('with an interval start spaced, however long the items take', async () => {
    await startScheduler();
    const startedAt: number[] = [];
    await startExecutor(async () => void startedAt.push(Date.now()));
    await admit({ intervalMs: 200 }, 10);
    await waitFor(() => startedAt.length === 10);
    const gaps = startedAt.slice(1).map((at, index) => at - startedAt[index]!);
    expect(Math.min(...gaps)).toBeGreaterThan(100);
  });

  it('take turns: a long list does not hold up a short one', async () => {
    await startExecutor(endRun);
    const long = await admit({}, 20_000);
    const short = await admit({}, 10);
    await startScheduler();
    await waitFor(ended(short));
    expect(await ended(long)()).toBe(false);
  });
});

describe('the reconciler', () => {
  it('dispatches again what was lost with the storage of JetStream', async () => {
    const runIds = times(1_200, () => newId(Date.now()));
    await startScheduler();
    await Promise.all(
      runIds.map((runId) => ledger.runs.request({ runId, at: new Date().toISOString(), requested: requested(runId) })),
    );
    await nats.kill();
    rmSync(nats.storageDirectory, { recursive: true, force: true });
    await nats.restart();
    await startExecutor(endRun);
    await waitFor(async () => (await ledger.runs.search({ status: 'queued' }, 1)).items.length === 0, {
      timeoutMs: 15_000,
    });
    expect(new Set(dispatches.map(({ runId }) => runId))).toEqual(new Set(runIds));
    expect(dispatches.every(({ version }) => version === 1)).toBe(true);
  });

  it('wakes who waits for a lock that is free, or for an event that is there', async () => {
    const [holder, atLock, atEvent] = times(3, () => newId(Date.now())) as [string, string, string];
    const at = new Date().toISOString();
    const lock = { name: 'account', step: 'guarded', leaseMs: 60_000 };
    const rest = (runId: string, more: Partial<Append>, ...events: NewRunEvent[]) =>
      ledger.runs.append({ runId, expectedVersion: 1, at, rests: {}, ...more, events });
    const waits: NewRunEvent = { type: 'WaitStarted', data: { step: 'guarded' } };
    for (const runId of [holder, atLock, atEvent]) {
      await ledger.runs.request({ runId, at, requested: requested(runId) });
      if (runId !== atEvent) await ledger.locks.acquire({ ...lock, runId });
    }
    await rest(atLock, {}, { type: 'RunStarted', data: {} }, waits);
    const event = { id: '1', source: '/shop', type: 'paid', subject: 'order-1', time: at, data: null };
    await rest(atEvent, { awaits: [{ step: 'guarded', type: 'paid', key: 'order-1' }] }, waits);
    // It emits the event and ends, and dies before it has told anybody of the one or the other.
    await rest(holder, { emitted: [event] }, { type: 'RunSucceeded', data: {} });
    await startExecutor();
    await startScheduler();
    const found = (runId: string) => dispatches.find((dispatch) => dispatch.runId === runId);
    await waitFor(() => found(atLock) !== undefined && found(atEvent) !== undefined);
    expect(await ledger.locks.acquire({ ...lock, runId: atLock })).toMatchObject({ held: true });
    expect(await ledger.runs.events(atEvent, found(atEvent)!.version - 1)).toMatchObject([
      { type: 'EventReceived', data: { step: 'guarded', event } },
    ]);
  });
});
