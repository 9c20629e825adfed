import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consumers,
  Failure,
  requests,
  signals,
  streams,
  type DataRequest,
  type Dispatch,
  type Misfire,
  type RecurrenceBody,
  type RecurrenceOccurrence,
} from '@nightshift/contracts';
import { openLedger, type Ledger, type PutRecurrence } from '@nightshift/ledger';
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
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-recurrences-'));
let nats: NatsServer;
let database: TestDatabase;
let ledger: Ledger;
let bus: Bus;
let executor: RunningConsumer;
let services: OpenService[] = [];
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
  ledger = await openLedger({ url: database.url, applicationName: 'recurrences test' });
  await ledger.ensurePartitions(1);
  bus = await connectBus({ url: nats.url, name: 'test' });
  await bus.ensureStreams([streams.dispatch]);
  dispatches = [];
  executor = bus.consume(
    { stream: streams.dispatch, consumer: consumers.executor, ackWaitMs: 5_000, concurrency: 256, maxDeliver: 10 },
    async (payload) => void dispatches.push(payload as Dispatch),
  );
  await executor.opened;
  await publish();
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  services = [];
  await waitFor(async () => (await bus.oldestUndelivered(streams.dispatch, consumers.executor)) === undefined);
  await executor.close(1_000);
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
  const service = await openService(await connectScheduler(config, makeLogger({ app: 'scheduler', level: 'fatal' })));
  services.push(service);
  return service;
};

const publish = async (): Promise<void> => {
  const { version } = await ledger.workflows.saveDraft('nightly', {
    workflow: 'nightly',
    do: [{ step: { set: Math.random() } }],
  });
  await ledger.workflows.publish('nightly', version);
};

const put = async (spec: RecurrenceBody, nextAt: Date, more?: PutRecurrence): Promise<void> => {
  await ledger.recurrences.put('nightly', 'each', spec, nextAt, more);
  bus.send(signals.timers, { dueAt: nextAt.toISOString() });
};

const everySecond = (more: RecurrenceBody = {}): [RecurrenceBody, Date] => [
  { every: { seconds: 1 }, ...more },
  new Date(Math.ceil(Date.now() / 1000) * 1000),
];

/** The whole account, oldest first. */
const account = async (): Promise<RecurrenceOccurrence[]> => {
  const all: RecurrenceOccurrence[] = [];
  for (let before: Date | undefined; ;) {
    const page = await ledger.recurrences.occurrences('nightly', 'each', 1000, before);
    all.push(...page.items);
    if (page.nextCursor === null) return all.reverse();
    before = new Date(page.nextCursor);
  }
};
const outcomes = (occurrences: readonly RecurrenceOccurrence[]): string[] =>
  occurrences.map((one) => (one.outcome === 'skipped' ? one.reason : one.outcome));
const countOf = async (outcome: string): Promise<number> =>
  outcomes(await account()).filter((one) => one === outcome).length;
const find = () => ledger.recurrences.find('nightly', 'each');

/** The planned moments of the runs that were dispatched as new, in their order. */
const planned = (): string[] =>
  dispatches.flatMap(({ requested }) =>
    requested?.data.cause.kind === 'recurrence' ? requested.data.cause.plannedAt : [],
  );

const expectNoGap = (occurrences: readonly RecurrenceOccurrence[], everyMs: number): void => {
  const times = occurrences.map(({ plannedAt }) => Date.parse(plannedAt));
  expect(times).toEqual(times.map((_, index) => times[0]! + index * everyMs));
};

/** Starts and ends a run as an executor would. */
const endRun = (runId: string) =>
  ledger.runs.append({
    runId,
    expectedVersion: 1,
    events: [
      { type: 'RunStarted', data: {} },
      { type: 'RunSucceeded', data: {} },
    ],
    at: new Date().toISOString(),
  });

const MINUTE_MS = 60_000;

describe('after an outage of an hour', () => {
  it.each<[Misfire, number]>([
    ['skip', 0],
    ['once', 1],
    ['all', 7],
    [{ within: { minutes: 30 } }, 3],
  ])('misfire %j', async (misfire, runs) => {
    // The newest of seven moments is five minutes late: all of them were missed.
    const startAt = new Date(Date.now() - 65 * MINUTE_MS);
    await put({ every: { minutes: 10 }, startAt: startAt.toISOString(), misfire }, startAt);
    await startScheduler();
    await waitFor(async () => (await find())!.nextAt > new Date());
    const settled = await account();
    expectNoGap(settled, 10 * MINUTE_MS);
    expect(outcomes(settled)).toEqual([...Array(7 - runs).fill('misfire'), ...Array(runs).fill('fired')]);
    await waitFor(() => dispatches.length === runs);
    expect(planned()).toEqual(settled.filter(({ outcome }) => outcome === 'fired').map(({ plannedAt }) => plannedAt));
    expect((await find())!.nextAt.getTime()).toBe(startAt.getTime() + 70 * MINUTE_MS);
  });
});

describe('after an outage of a week', () => {
  it('each of ten thousand moments is in the account, and one run is started', async () => {
    const startAt = new Date(Date.now() - 7 * 24 * 60 * MINUTE_MS);
    await put({ every: { minutes: 1 }, startAt: startAt.toISOString() }, startAt);
    await Promise.all([startScheduler(), startScheduler()]);
    await waitFor(async () => (await find())!.nextAt > new Date());
    const settled = await account();
    expectNoGap(settled, MINUTE_MS);
    expect(settled.length).toBeGreaterThanOrEqual(7 * 24 * 60 + 1);
    expect(settled.filter(({ outcome }) => outcome === 'fired')).toHaveLength(dispatches.length);
    expect(outcomes(settled).slice(0, 7 * 24 * 60)).toEqual(Array(7 * 24 * 60).fill('misfire'));
  });

  it('every moment is made up for, once, with two schedulers', async () => {
    const startAt = new Date(Date.now() - 7 * 24 * 60 * MINUTE_MS);
    await put({ every: { minutes: 15 }, startAt: startAt.toISOString(), misfire: 'all' }, startAt);
    await Promise.all([startScheduler(), startScheduler()]);
    await waitFor(() => dispatches.length >= 7 * 96 + 1);
    const settled = await account();
    expectNoGap(settled, 15 * MINUTE_MS);
    expect(new Set(outcomes(settled))).toEqual(new Set(['fired']));
    expect([...new Set(planned())].sort()).toEqual(settled.map(({ plannedAt }) => plannedAt));
  });
});

describe('while the previous run goes on', () => {
  it('skip starts no other, and starts the next after it has ended', async () => {
    await startScheduler();
    await put(...everySecond({ overlap: 'skip' }));
    await waitFor(async () => (await countOf('overlap')) >= 2);
    expect(await countOf('fired')).toBe(1);
    expect(dispatches).toHaveLength(1);
    await endRun(dispatches[0]!.runId);
    await waitFor(() => dispatches.length === 2);
    expectNoGap(await account(), 1000);
  });

  it('queue starts each when the one before has ended, in their order, with two schedulers', async () => {
    await Promise.all([startScheduler(), startScheduler()]);
    await put(...everySecond({ overlap: 'queue' }));
    await waitFor(async () => (await countOf('queued')) >= 2);
    expect(dispatches).toHaveLength(1);
    for (let ended = 1; ended <= 3; ended++) {
      await endRun(dispatches[ended - 1]!.runId);
      await waitFor(() => dispatches.length === ended + 1);
    }
    const settled = await account();
    expectNoGap(settled, 1000);
    expect(planned()).toEqual(settled.slice(0, 4).map(({ plannedAt }) => plannedAt));
    expect(outcomes(settled.slice(0, 4))).toEqual(Array(4).fill('fired'));
  });

  it('a queue is worked off after the last moment, and then the recurrence is over', async () => {
    await startScheduler();
    const startAt = new Date(Date.now() - 3000);
    const endAt = new Date(startAt.getTime() + 2500).toISOString();
    await put({ every: 'PT1S', startAt: startAt.toISOString(), endAt, misfire: 'all', overlap: 'queue' }, startAt);
    for (let ended = 0; ended < 2; ended++) {
      await waitFor(() => dispatches.length === ended + 1);
      expect(await find()).toMatchObject({ dueAt: null, hasQueue: true });
      await endRun(dispatches[ended]!.runId);
    }
    await waitFor(() => dispatches.length === 3);
    expect(await find()).toBeUndefined();
    expect(outcomes(await account())).toEqual(['fired', 'fired', 'fired']);
  });

  it('parallel starts the others all the same', async () => {
    await startScheduler();
    await put(...everySecond({ overlap: 'parallel' }));
    await waitFor(() => dispatches.length >= 3);
    expect(
      (await ledger.runs.search({ workflow: 'nightly', status: 'queued' }, 10)).items.length,
    ).toBeGreaterThanOrEqual(3);
  });

  it('cancelPrevious leaves only the newest', async () => {
    await Promise.all([startScheduler(), startScheduler()]);
    await put(...everySecond({ overlap: 'cancelPrevious' }));
    await waitFor(async () => (await countOf('fired')) >= 3);
    await ledger.recurrences.remove('nightly', 'each');
    const fired = (await account()).flatMap((one) => (one.outcome === 'fired' ? one.runId : []));
    const statuses = await Promise.all(fired.map(async (runId) => (await ledger.runs.find(runId))!.status));
    expect(statuses).toEqual([...Array(fired.length - 1).fill('cancelled'), 'queued']);
    // An executor is told, so that the end gets to the feed.
    await waitFor(() => dispatches.some(({ runId, version }) => runId === fired[0] && version === 2));
  });
});

describe('two schedulers', () => {
  it('lose nothing and start nothing twice though they are cut off again and again in the middle of it', async () => {
    const startAt = new Date(Date.now() - 7 * 24 * 60 * MINUTE_MS);
    await put({ every: { minutes: 1 }, startAt: startAt.toISOString(), misfire: 'all' }, startAt);
    const [first] = await Promise.all([startScheduler(), startScheduler()]);
    const settledUntil = async () => (await find())!.nextAt.getTime();
    for (const share of [0.05, 0.3, 0.6]) {
      await waitFor(async () => (await settledUntil()) > startAt.getTime() + share * (Date.now() - startAt.getTime()), {
        intervalMs: 1,
      });
      // Whatever they are about to commit is lost, as when their processes are killed.
      await cutOffSchedulers();
    }
    await first!.close();
    services = services.filter((service) => service !== first);
    await waitFor(async () => (await settledUntil()) > Date.now());
    const settled = await account();
    expectNoGap(settled, MINUTE_MS);
    expect(new Set(outcomes(settled))).toEqual(new Set(['fired']));
    const runs = await countRuns();
    expect(runs).toBe(settled.length);
    // What was committed and not dispatched is the reconciler's.
    expect(new Set(planned()).size).toBe(planned().length);
  });

  it('go on when one of them closes', async () => {
    const [first] = await Promise.all([startScheduler(), startScheduler()]);
    await put(...everySecond());
    await waitFor(() => dispatches.length >= 2);
    await first!.close();
    services = services.filter((service) => service !== first);
    const before = dispatches.length;
    await waitFor(() => dispatches.length >= before + 2);
    expectNoGap(await account(), 1000);
  });
});

const asSuperuser = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<Row>(text, values);
  await client.end();
  return rows;
};

const countRuns = async (): Promise<number> => {
  const [row] = await asSuperuser<{ runs: number }>('SELECT count(*)::int AS runs FROM nightshift.runs');
  return row!.runs;
};

/** Ends every connection of schedulers to the ledger, in whatever they are. */
const cutOffSchedulers = () =>
  asSuperuser(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = $1 AND application_name LIKE 'nightshift scheduler%'`,
    [database.name],
  );

describe('a recurrence', () => {
  it('that is paused accounts for its moments and starts none, until it is resumed', async () => {
    await startScheduler();
    const [spec, nextAt] = everySecond();
    await put(spec, nextAt, { paused: true });
    await waitFor(async () => (await countOf('paused')) >= 2);
    expect(dispatches).toEqual([]);
    expect(await ledger.recurrences.setPaused('nightly', 'each', false)).toMatchObject({ pausedAt: null });
    await waitFor(() => dispatches.length >= 1);
    expectNoGap(await account(), 1000);
  });

  it('ends with its thing', async () => {
    let isThere = true;
    const asked: DataRequest[] = [];
    const data = bus.serve(
      requests.data,
      (request) => {
        asked.push(request as DataRequest);
        return isThere ? { id: 'u1' } : null;
      },
      { queue: 'data' },
    );
    await startScheduler();
    await put(...everySecond({ thing: { type: 'user', id: 'u1' } }));
    await waitFor(() => dispatches.length >= 1);
    isThere = false;
    await waitFor(async () => (await find()) === undefined);
    expect(asked[0]).toEqual({ action: 'get', type: 'user', id: 'u1' });
    const settled = await account();
    expectNoGap(settled, 1000);
    expect(outcomes(settled).at(-1)).toBe('thingGone');
    expect(outcomes(settled).slice(0, -1)).toEqual(Array(settled.length - 1).fill('fired'));
    await data.close();
  });

  it('with a thing waits for a data service that is away, and misses nothing', async () => {
    let asked = 0;
    let isAway = true;
    const data = bus.serve(
      requests.data,
      () => {
        asked++;
        if (isAway) throw new Failure('data.unavailable');
        return { id: 'u1' };
      },
      { queue: 'data' },
    );
    await startScheduler();
    const [spec, nextAt] = everySecond({ thing: { type: 'user', id: 'u1' }, misfire: 'all' });
    await put(spec, nextAt);
    await waitFor(() => asked >= 2);
    expect(await account()).toEqual([]);
    isAway = false;
    await waitFor(() => dispatches.length >= 2);
    expect(planned()[0]).toBe(nextAt.toISOString());
    expectNoGap(await account(), 1000);
    await data.close();
  });

  it('that is pinned goes by its version, and another by the newest', async () => {
    await publish();
    const nextAt = new Date(Date.now() - 10);
    await put({ every: { hours: 1 }, startAt: nextAt.toISOString(), version: 'pinned' }, nextAt, {
      workflowVersion: 1,
    });
    await ledger.recurrences.put('nightly', 'latest', { every: { hours: 1 }, startAt: nextAt.toISOString() }, nextAt);
    await startScheduler();
    await waitFor(() => dispatches.length === 2);
    const versions = dispatches.map(({ requested }) => {
      const { cause, workflowVersion } = requested!.data;
      return [cause.kind === 'recurrence' && cause.key, workflowVersion];
    });
    expect(Object.fromEntries(versions)).toEqual({ each: 1, latest: 2 });
  });

  it('starts a moment that is in its account already no second time', async () => {
    const nextAt = new Date(Date.now() - 10);
    const spec: RecurrenceBody = { every: { hours: 1 }, startAt: nextAt.toISOString() };
    await put(spec, nextAt);
    await startScheduler();
    await waitFor(() => dispatches.length === 1);
    // Whoever sets it anew has a clock that is behind.
    await put({ ...spec, parameters: { again: true } }, nextAt);
    await waitFor(async () => (await find())!.nextAt > new Date());
    expect(await account()).toMatchObject([{ outcome: 'fired', runId: dispatches[0]!.runId }]);
    const [run] = await ledger.runs.events(dispatches[0]!.runId);
    expect(run!.data).toMatchObject({ parameters: {} });
  });

  it('starts each run later by the jitter of its moment', async () => {
    await startScheduler();
    const [spec, plannedAt] = everySecond({ jitter: { seconds: 1 } });
    const dueAt = new Date(plannedAt.getTime() + 700);
    await put(spec, plannedAt, { dueAt });
    await waitFor(() => dispatches.length >= 3);
    const settled = await account();
    expectNoGap(settled, 1000);
    expect(settled[0]!.dueAt).toBe(dueAt.toISOString());
    for (const one of settled) {
      expect(Date.parse(one.settledAt)).toBeGreaterThanOrEqual(Date.parse(one.dueAt));
      expect(Date.parse(one.dueAt) - Date.parse(one.plannedAt)).toBeLessThan(1000);
    }
  });
});

it('old entries of the account are forgotten, but for those that wait', async () => {
  await startScheduler();
  await put(...everySecond({ overlap: 'queue' }));
  await waitFor(async () => (await countOf('queued')) >= 2);
  await ledger.recurrences.setPaused('nightly', 'each', true);
  await waitFor(async () => (await countOf('paused')) >= 1);
  expect(await ledger.recurrences.forgetOccurrences(new Date(0), 1000)).toBe(0);
  expect(await ledger.recurrences.forgetOccurrences(new Date(Date.now() + MINUTE_MS), 1)).toBe(1);
  await ledger.recurrences.forgetOccurrences(new Date(Date.now() + MINUTE_MS), 1000);
  expect(await countOf('fired')).toBe(0);
  expect(await countOf('queued')).toBeGreaterThanOrEqual(2);
  await ledger.recurrences.remove('nightly', 'each');
  expect(await countOf('queued')).toBe(0);
  expect(await countOf('removed')).toBeGreaterThanOrEqual(2);
});
