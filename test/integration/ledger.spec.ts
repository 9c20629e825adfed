import { itemRunId, newId, openLedger, type Ledger, type RequestedRun } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun as request } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;

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

describe('appending', () => {
  it('keeps what was requested, to the letter', async () => {
    const run = request();
    expect(await asGateway.runs.request(run)).toEqual({ isNew: true, isGated: false });
    const events = await ledger.runs.events(run.runId);
    expect(events).toEqual([{ runId: run.runId, version: 1, type: 'RunRequested', at: run.at, data: run.requested }]);
    expect(await asGateway.runs.find(run.runId)).toMatchObject({
      status: 'queued',
      workflow: 'greet',
      chainId: run.runId,
    });
  });

  it('lets the trigger service request runs too', async () => {
    const asTrigger = await openLedger({ url: database.serviceUrls.trigger, applicationName: 'test trigger' });
    expect(await asTrigger.runs.request(request({ cause: { kind: 'change', changeId: '0/1' } }))).toEqual({
      isNew: true,
      isGated: false,
    });
    await asTrigger.close();
  });

  it('refuses a second request of the same run', async () => {
    const run = request();
    expect(await asGateway.runs.request(run)).toEqual({ isNew: true, isGated: false });
    expect(await asGateway.runs.request(run)).toEqual({ isNew: false, isGated: false });
  });

  it('lets one of many writers win, and the others write nothing at all', async () => {
    const run = request();
    await asGateway.runs.request(run);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, writer) =>
        (writer % 2 ? ledger : asGateway).runs.append({
          runId: run.runId,
          expectedVersion: 1,
          at: at(),
          events: [
            { type: 'RunStarted', data: {} },
            { type: 'StepCompleted', data: { step: 'one', attempt: 1, result: writer } },
          ],
        }),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
    const events = await ledger.runs.events(run.runId);
    expect(events.map(({ version, type }) => [version, type])).toEqual([
      [1, 'RunRequested'],
      [2, 'RunStarted'],
      [3, 'StepCompleted'],
    ]);
  });

  it('fails only the stale writer of a batch', async () => {
    const runs = Array.from({ length: 50 }, () => request());
    await Promise.all(runs.map((run) => asGateway.runs.request(run)));
    const outcomes = await Promise.all(
      runs.map(({ runId }, index) =>
        ledger.runs.append({
          runId,
          expectedVersion: index === 7 ? 0 : 1,
          at: at(),
          events: [
            { type: 'RunStarted', data: {} },
            { type: 'RunSucceeded', data: { result: { index } } },
          ],
        }),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(
      runs.map((_, index) => (index === 7 ? 'conflict' : 'appended')),
    );
    expect(await ledger.runs.find(runs[8]!.runId)).toMatchObject({ status: 'succeeded', result: { index: 8 } });
    expect(await ledger.runs.find(runs[7]!.runId)).toMatchObject({ status: 'queued' });
  });

  it('brings children, timers and lists with a step, or none of them', async () => {
    const parent = request();
    await asGateway.runs.request(parent);
    const child = request({ parentRunId: parent.runId, cause: { kind: 'call', runId: parent.runId, step: 'ask' } });
    const later = request({ dueAt: new Date(Date.now() + 60_000).toISOString() });
    const listId = newId(Date.now());
    const step = {
      runId: parent.runId,
      at: at(),
      events: [{ type: 'StepCompleted' as const, data: { step: 'ask', attempt: 1 } }],
      runs: [child, later],
      lists: [
        {
          listId,
          at: at(),
          workflow: 'greet',
          workflowVersion: 1,
          parameters: {},
          itemParameter: 'name',
          items: ['a', 'b'],
          startAt: null,
          intervalMs: null,
          concurrency: null,
          onComplete: null,
          parentRunId: parent.runId,
          depth: 1,
        },
      ],
    };
    expect(await ledger.runs.append({ ...step, expectedVersion: 0 })).toEqual({ outcome: 'conflict' });
    expect(await ledger.runs.find(child.runId)).toBeUndefined();
    expect(await ledger.lists.find(listId)).toBeUndefined();

    expect(await ledger.runs.append({ ...step, expectedVersion: 1 })).toMatchObject({ outcome: 'appended' });
    expect(await ledger.runs.find(child.runId)).toMatchObject({ status: 'queued', parentRunId: parent.runId });
    expect(await ledger.runs.find(later.runId)).toMatchObject({ status: 'scheduled' });
    expect(await ledger.lists.find(listId)).toMatchObject({ total: 2, status: 'running' });
    expect(await asScheduler.timers.upcoming(new Date(Date.now() + 120_000), 100)).toContainEqual({
      runId: later.runId,
      kind: 'start',
      dueAt: new Date(later.requested.dueAt!),
    });
  });

  it('tells which run waits for one that ended, and makes that run ready', async () => {
    const caller = request();
    await asGateway.runs.request(caller);
    const called = request({ parentRunId: caller.runId, cause: { kind: 'call', runId: caller.runId, step: 'ask' } });
    await ledger.runs.append({
      runId: caller.runId,
      expectedVersion: 1,
      at: at(),
      events: [{ type: 'WaitStarted', data: { step: 'ask', calledRunId: called.runId } }],
      rests: {},
      runs: [called],
    });
    expect(await ledger.runs.find(caller.runId)).toMatchObject({ status: 'waiting' });
    const ended = await ledger.runs.append({
      runId: called.runId,
      expectedVersion: 1,
      at: at(),
      events: [{ type: 'RunSucceeded', data: {} }],
    });
    expect(ended).toMatchObject({ callerRunId: caller.runId });
    expect(await ledger.runs.find(caller.runId)).toMatchObject({ status: 'running' });
  });
});

/** Was due a second ago, and requested for it before. */
const overdue = (): RequestedRun => {
  const now = Date.now();
  return { ...request({ dueAt: new Date(now - 1000).toISOString() }), at: new Date(now - 2000).toISOString() };
};

describe('timers', () => {
  it('fire once, whoever tries', async () => {
    const runs = Array.from({ length: 30 }, () => overdue());
    await Promise.all(runs.map((run) => asGateway.runs.request(run)));
    const due = runs.map(({ runId }) => ({ runId, kind: 'start' }));
    const fired = await Promise.all(Array.from({ length: 4 }, () => asScheduler.timers.fire(due, new Date())));
    expect(
      fired
        .flat()
        .map(({ runId }) => runId)
        .sort(),
    ).toEqual(runs.map(({ runId }) => runId).sort());
    const [, timerFired] = await ledger.runs.events(runs[0]!.runId);
    expect(timerFired).toMatchObject({ version: 2, type: 'TimerFired', data: { dueAt: runs[0]!.requested.dueAt } });
    expect((timerFired!.data as { lateMs: number }).lateMs).toBeGreaterThanOrEqual(1000);
    expect(await ledger.runs.find(runs[0]!.runId)).toMatchObject({ status: 'queued' });
  });

  it('go with a cancelled run', async () => {
    const run = overdue();
    await asGateway.runs.request(run);
    await asGateway.runs.append({
      runId: run.runId,
      expectedVersion: 1,
      at: at(),
      events: [{ type: 'RunCancelled', data: {} }],
    });
    expect(await asScheduler.timers.fire([{ runId: run.runId, kind: 'start' }], new Date())).toEqual([]);
    expect(await ledger.runs.find(run.runId)).toMatchObject({ status: 'cancelled' });
  });
});

describe('lists', () => {
  const admit = (items: AsyncIterable<unknown> | Iterable<unknown>, more = {}) => {
    const listId = newId(Date.now());
    return {
      listId,
      done: asGateway.lists.admit({
        listId,
        at: at(),
        workflow: 'greet',
        workflowVersion: 1,
        parameters: { from: 'list' },
        itemParameter: 'name',
        items,
        startAt: null,
        intervalMs: null,
        concurrency: null,
        onComplete: { workflow: 'report', workflowVersion: 3 },
        parentRunId: null,
        depth: 0,
        ...more,
      }),
    };
  };

  it('are handed out item by item, end once, and count to their total', async () => {
    const { listId, done } = admit(Array.from({ length: 1234 }, (_, i) => `n${i}`));
    expect(await done).toBe(1234);
    const started: RequestedRun[] = [];
    let onComplete: RequestedRun[] = [];
    for (let rounds = 0; onComplete.length === 0 && rounds < 50; rounds++) {
      const handed = await Promise.all([1, 2].map(() => asScheduler.lists.handOut(listId, new Date())));
      const runs = handed.flatMap((part) => part?.runs ?? []);
      onComplete = runs.filter(({ requested }) => requested.cause.kind === 'listCompleted');
      const items = runs.filter(({ requested }) => requested.cause.kind === 'list');
      started.push(...items);
      await Promise.all(
        items.map(({ runId }, index) =>
          ledger.runs.append({
            runId,
            expectedVersion: 1,
            at: at(),
            events: [
              index % 10 === 0
                ? {
                    type: 'RunFailed',
                    data: { problem: { type: 'x', title: 'x', status: 500, code: 'platform.bug' } },
                  }
                : { type: 'RunSucceeded', data: {} },
            ],
          }),
        ),
      );
    }
    expect(new Set(started.map(({ runId }) => runId)).size).toBe(1234);
    expect(started[0]).toMatchObject({
      runId: itemRunId(listId, 0),
      requested: { parameters: { from: 'list', name: 'n0' } },
    });
    const view = await ledger.lists.find(listId);
    expect(view).toMatchObject({ status: 'succeeded', total: 1234, handedOut: 1234 });
    expect(view!.succeeded + view!.failed).toBe(1234);
    expect(onComplete[0]!.requested).toMatchObject({ workflow: 'report', parameters: { total: 1234 } });
    expect(await asScheduler.lists.handOut(listId, new Date())).toBeUndefined();
    expect((await asGateway.runs.search({ listId }, 100)).items).toHaveLength(100);
  });

  it('leave nothing behind when their items break off', async () => {
    const { listId, done } = admit(
      (async function* () {
        for (let i = 0; i < 700; i++) yield i;
        throw new Error('the upload broke');
      })(),
    );
    await expect(done).rejects.toThrow('the upload broke');
    expect(await ledger.lists.find(listId)).toBeUndefined();
    const client = new pg.Client(database.url);
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS n FROM nightshift.list_chunks WHERE list_id = $1', [
      listId,
    ]);
    await client.end();
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('keep to their concurrency', async () => {
    const { listId, done } = admit([1, 2, 3, 4, 5], { concurrency: 2, onComplete: null });
    await done;
    const first = await asScheduler.lists.handOut(listId, new Date());
    expect(first!.runs).toHaveLength(2);
    expect((await asScheduler.lists.handOut(listId, new Date()))!.runs).toHaveLength(0);
    await ledger.runs.append({
      runId: first!.runs[0]!.runId,
      expectedVersion: 1,
      at: at(),
      events: [{ type: 'RunSucceeded', data: {} }],
    });
    expect((await asScheduler.lists.handOut(listId, new Date()))!.runs).toHaveLength(1);
  });

  it('space their starts, and do not bunch them after a delay', async () => {
    const { listId, done } = admit([1, 2, 3], { intervalMs: 1000 });
    await done;
    const start = Date.now();
    const first = await asScheduler.lists.handOut(listId, new Date(start + 10_000));
    expect(first!.runs).toHaveLength(1);
    expect(first!.nextDueAt!.getTime()).toBe(start + 11_000);
    expect((await asScheduler.lists.handOut(listId, new Date(start + 10_500)))!.runs).toHaveLength(0);
    expect((await asScheduler.lists.handOut(listId, new Date(start + 11_000)))!.runs).toHaveLength(1);
  });
});

describe('growing', () => {
  it('never reads a whole table to find the runs of a batch, though the statements were planned when it was empty', async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    const statistics = async (): Promise<{ scanned: number; events: number }> => {
      const { rows } = await client.query<{ scanned: string; events: string }>(
        `SELECT coalesce(sum(seq_tup_read), 0) AS scanned,
           coalesce(sum(n_tup_ins) FILTER (WHERE relname LIKE 'run_events%'), 0) AS events
         FROM pg_stat_user_tables
         WHERE schemaname = 'nightshift' AND (relname LIKE 'run%' OR relname IN ('timers', 'list_counts', 'event_waits', 'locks'))`,
      );
      return { scanned: Number(rows[0]!.scanned), events: Number(rows[0]!.events) };
    };
    const before = await statistics();
    for (let i = 0; i < 20; i++) {
      const runs = Array.from({ length: 20 }, () => overdue());
      await Promise.all(runs.map((run) => asGateway.runs.request(run)));
      await asScheduler.timers.fire(
        runs.map(({ runId }) => ({ runId, kind: 'start' })),
        new Date(),
      );
      await Promise.all(
        runs.map(({ runId }) =>
          ledger.runs.append({
            runId,
            expectedVersion: 2,
            at: at(),
            events: [
              { type: 'RunStarted', data: {} },
              { type: 'RunSucceeded', data: {} },
            ],
          }),
        ),
      );
      await asScheduler.runs.takeStalled(new Date(0), 10);
    }
    // Each connection hands in its statistics some time after its last statement: all have when every event is counted.
    const events = before.events + 20 * 20 * 4;
    await expect.poll(async () => (await statistics()).events, { timeout: 20_000 }).toBeGreaterThanOrEqual(events);
    expect((await statistics()).scanned - before.scanned).toBe(0);
    await client.end();
  });
});

describe('partitions', () => {
  it('are made once, for the months that are missing, and take the runs of their month', async () => {
    expect(await asScheduler.ensurePartitions(1)).toBe(0);
    const made = await Promise.all([asScheduler.ensurePartitions(5), asScheduler.ensurePartitions(5)]);
    expect(made[0] + made[1]).toBe(8);
    const inFourMonths = Date.now() + 4 * 31 * 24 * 3600 * 1000;
    const runId = newId(inFourMonths);
    await asGateway.runs.request({ ...request(), runId });
    const client = new pg.Client(database.url);
    await client.connect();
    const { rows } = await client.query(
      'SELECT tableoid::regclass::text AS partition FROM nightshift.runs WHERE id = $1',
      [runId],
    );
    await client.end();
    expect(rows[0].partition).toMatch(/^nightshift\.runs_\d{6}$/);
  });
});

describe('rights', () => {
  it('let no service change what has happened', async () => {
    for (const url of [database.serviceUrls.executor, database.serviceUrls.gateway, database.serviceUrls.trigger]) {
      const client = new pg.Client(url);
      await client.connect();
      await expect(client.query('DELETE FROM nightshift.run_events')).rejects.toThrow(/permission denied/);
      await expect(client.query("UPDATE nightshift.run_events SET type = 'x'")).rejects.toThrow(/permission denied/);
      await client.end();
    }
  });
});
