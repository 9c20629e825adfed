import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  consumers,
  streams,
  subjects,
  type ChangeEvent,
  type Dispatch,
  type RunRequested,
} from '@nightshift/contracts';
import { newId, openLedger, type Ledger } from '@nightshift/ledger';
import { connectBus, type Bus, type DeadLetter, type RunningConsumer } from '@nightshift/messaging';
import { makeLogger, openService, readConfig, type OpenService } from '@nightshift/runtime';
import {
  createTestDatabase,
  freePort,
  startNatsServer,
  waitFor,
  type NatsServer,
  type TestDatabase,
} from '@nightshift/testing';
import { connectTrigger, TriggerConfigSchema } from '@nightshift/trigger';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-trigger-'));
let nats: NatsServer;
let database: TestDatabase;
let ledger: Ledger;
let bus: Bus;
let services: OpenService[] = [];
let executor: RunningConsumer;
let dispatches: Dispatch[] = [];
let sent = 0;

/** The changes of a server are one stream: this file has its own server. */
beforeAll(async () => {
  nats = await startNatsServer({ directory: folder, port: await freePort() });
});

afterAll(async () => {
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.url, applicationName: 'trigger test' });
  bus = await connectBus({ url: nats.url, name: 'test' });
  await bus.ensureStreams([streams.changes, streams.dispatch, streams.dead]);
  dispatches = [];
  executor = bus.consume(
    { stream: streams.dispatch, consumer: consumers.executor, ackWaitMs: 5_000, concurrency: 1, maxDeliver: 10 },
    (payload) => void dispatches.push(payload as Dispatch),
  );
  await executor.opened;
});

afterEach(async () => {
  await waitFor(isCaughtUp);
  await Promise.all(services.map((service) => service.close()));
  services = [];
  await waitFor(async () => (await bus.oldestUndelivered(streams.dispatch, consumers.executor)) === undefined);
  await executor.close(1_000);
  await bus.close();
  await ledger.close();
  await database.drop();
});

const startTrigger = async (): Promise<OpenService> => {
  const config = readConfig(TriggerConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: nats.url,
    NIGHTSHIFT_LEDGER_URL: database.serviceUrls.trigger,
  });
  const logger = makeLogger({ app: 'trigger', level: 'silent' });
  const { service, seekLeadership } = await connectTrigger(config, logger);
  const opened = await openService(service);
  services.push(opened);
  seekLeadership();
  return opened;
};

const isCaughtUp = async (): Promise<boolean> =>
  (await bus.consumerFloor(streams.changes, consumers.trigger)) ===
  (await bus.streamState(streams.changes))!.lastSequence;

const publish = async (workflow: string, document: object): Promise<void> => {
  await ledger.workflows.saveDraft(workflow, { workflow, do: [], ...document });
  await ledger.workflows.publish(workflow);
};

const changeOf = (data: Partial<ChangeEvent['data']> & { id?: string } = {}): ChangeEvent => {
  const { id = newId(Date.now()), ...rest } = data;
  const kind = rest.kind ?? 'changed';
  const transaction = { id: `0/${Date.now().toString(16)}${(sent++).toString(16)}`, index: 0 };
  return {
    specversion: '1.0',
    id: `${transaction.id}/0`,
    source: '/nightshift/data',
    type: `nightshift.change.${kind}`,
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { type: 'user', kind, changedFields: [], origin: { depth: 0 }, transaction, ...rest },
  };
};

const send = (change: ChangeEvent, id = change.id): void =>
  bus.publish(subjects.change(change.data.type, change.data.kind), JSON.stringify(change), { id });

const startedBy = (change: ChangeEvent): RunRequested[] =>
  dispatches.flatMap(({ requested }) => {
    const cause = requested?.data.cause;
    return cause?.kind === 'change' && cause.changeId === change.id ? [requested!.data] : [];
  });

const deadLetters = async (
  work: () => void | Promise<void>,
  count: number,
): Promise<(DeadLetter & { workflow?: string })[]> => {
  const letters: (DeadLetter & { workflow?: string })[] = [];
  const feed = await bus.follow(streams.dead, {
    from: 'new',
    onMessage: ({ text }) => void letters.push(JSON.parse(text)),
  });
  await work();
  await waitFor(() => letters.length >= count);
  await feed.close();
  return letters;
};

describe('a change', () => {
  it('starts the workflows whose trigger it meets, with what it was', async () => {
    await publish('welcome', { triggers: [{ change: 'user', kinds: ['created'] }] });
    await publish('upgraded', {
      parameters: { type: 'object', properties: { template: { type: 'string', default: 'thanks' } } },
      triggers: [{ change: 'user', kinds: ['changed'], when: "before.plan = 'free' and now.plan = 'pro'" }],
    });
    await publish('farewell', { triggers: [{ change: 'user', kinds: ['deleted'], when: 'before.plan' }] });
    await startTrigger();
    const id = newId(Date.now());
    const created = changeOf({ id, kind: 'created', now: { id, plan: 'free' } });
    const unmet = changeOf({ id, before: { id, plan: 'free' }, now: { id, plan: 'free' }, changedFields: [] });
    const met = changeOf({ id, before: { id, plan: 'free' }, now: { id, plan: 'pro' }, changedFields: ['plan'] });
    const deleted = changeOf({ id, kind: 'deleted', before: { id, plan: 'pro' } });
    const other = changeOf({ type: 'order', kind: 'created', now: { id } });
    for (const change of [created, unmet, met, deleted, other]) send(change);
    await waitFor(() => dispatches.length === 3);
    await waitFor(isCaughtUp);
    expect(dispatches.map(({ requested }) => requested!.data.workflow)).toEqual(['welcome', 'upgraded', 'farewell']);
    expect(startedBy(met)).toMatchObject([
      {
        workflow: 'upgraded',
        workflowVersion: 1,
        parameters: { template: 'thanks' },
        depth: 0,
        iteration: 1,
        trigger: {
          type: 'user',
          kind: 'changed',
          before: { plan: 'free' },
          now: { plan: 'pro' },
          changedFields: ['plan'],
        },
      },
    ]);
    const run = await ledger.runs.find(dispatches[1]!.runId);
    expect(run).toMatchObject({ workflow: 'upgraded', status: 'queued', chainId: dispatches[1]!.runId });
  });

  it('starts one run however often it is delivered', async () => {
    await publish('welcome', { triggers: [{ change: 'user' }] });
    await startTrigger();
    const change = changeOf({ now: { id: '1' } });
    // Other message ids: the server does not recognise the repetition.
    for (const repeat of ['a', 'b', 'c']) send(change, `${change.id}/${repeat}`);
    await waitFor(isCaughtUp);
    await waitFor(() => dispatches.length >= 1);
    const { items } = await ledger.runs.search({ workflow: 'welcome' }, 10);
    expect(items).toHaveLength(1);
    expect(new Set(dispatches.map(({ runId }) => runId))).toEqual(new Set([items[0]!.id]));
  });

  it('meets a workflow that was published just before', async () => {
    await startTrigger();
    for (let round = 0; round < 5; round++) {
      await publish(`round-${round}`, { triggers: [{ change: 'user', when: `now.round = ${round}` }] });
      send(changeOf({ now: { id: '1', round } }));
    }
    await waitFor(() => dispatches.length === 5);
  });

  it('keeps its place among the changes of its thing', async () => {
    await publish('follow', { triggers: [{ change: 'user' }] });
    const changes = Array.from({ length: 1_200 }, (_, count) =>
      changeOf({ id: `thing-${count % 7}`, now: { id: `thing-${count % 7}`, count } }),
    );
    for (const change of changes) send(change);
    await startTrigger();
    await waitFor(() => dispatches.length === changes.length, { timeoutMs: 15_000 });
    for (let thing = 0; thing < 7; thing++) {
      const counts = dispatches
        .map(({ requested }) => (requested!.data.trigger as ChangeEvent['data']).now!)
        .filter((now) => now.id === `thing-${thing}`)
        .map(({ count }) => count as number);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    }
  });

  it('whose condition fails, that lacks parameters, or that is none at all is put aside, and the stream goes on', async () => {
    await publish('broken', { triggers: [{ change: 'user', when: '$sum(now.plan)' }] });
    await publish('needy', {
      parameters: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
      triggers: [{ change: 'user' }],
    });
    await publish('sound', { triggers: [{ change: 'user' }] });
    await startTrigger();
    const letters = await deadLetters(() => {
      bus.publish(subjects.change('user', 'changed'), 'not a change');
      send(changeOf({ now: { id: '1', plan: 'free' } }));
    }, 3);
    await waitFor(() => dispatches.length === 1);
    expect(dispatches[0]!.requested!.data.workflow).toBe('sound');
    expect(letters.map(({ workflow, reason }) => [workflow, reason.code])).toEqual([
      [undefined, 'request.malformed'],
      ['broken', 'expression.failed'],
      ['needy', 'parameters.invalid'],
    ]);
  });

  it('is looked at per change, or with the others that its transaction made of the thing', async () => {
    await publish('each', { triggers: [{ change: 'user' }] });
    await publish('whole', { triggers: [{ change: 'user', per: 'transaction' }] });
    await publish('renamed', {
      triggers: [{ change: 'user', per: 'transaction', fields: ['name'], when: "before.name = 'a'" }],
    });
    await startTrigger();
    const [id, gone] = [newId(Date.now()), newId(Date.now())];
    const states = ['a', 'b', 'c'].map((name) => ({ id, name }));
    const step = { id, changedFields: ['name'] };
    const first = changeOf({ ...step, before: states[0]!, now: states[1]!, superseded: true });
    const net = { kind: 'changed' as const, before: states[0]!, changedFields: ['name'] };
    const last = changeOf({ ...step, before: states[1]!, now: states[2]!, net });
    const created = changeOf({ id: gone, kind: 'created', now: { id: gone }, superseded: true });
    const deleted = changeOf({ id: gone, kind: 'deleted', before: { id: gone }, net: null });
    const single = changeOf({ kind: 'created', now: { id: '3' } });
    for (const change of [first, last, created, deleted, single]) send(change);
    await waitFor(isCaughtUp);
    await waitFor(() => dispatches.length === 8);
    const started = (change: ChangeEvent) => startedBy(change).map(({ workflow }) => workflow);
    expect([first, last, created, deleted, single].map(started)).toEqual([
      ['each'],
      ['each', 'renamed', 'whole'],
      ['each'],
      ['each'],
      ['each', 'whole'],
    ]);
    expect(startedBy(last).map(({ trigger }) => (trigger as ChangeEvent['data']).before)).toEqual([
      states[1],
      states[0],
      states[0],
    ]);
  });

  it('that does not hold the thing starts what needs no look at it, and the rest is put aside', async () => {
    await publish('any', { triggers: [{ change: 'user' }] });
    await publish('picky', { triggers: [{ change: 'user', when: "now.plan = 'pro'" }] });
    await publish('shallow', { triggers: [{ change: 'user', when: "kind = 'deleted'" }] });
    await startTrigger();
    const letters = await deadLetters(
      () => send(changeOf({ now: { id: '1' }, before: { id: '1' }, changedFields: ['plan'], incomplete: 'size' })),
      1,
    );
    await waitFor(isCaughtUp);
    expect(letters.map(({ workflow, reason }) => [workflow, reason.code])).toEqual([['picky', 'change.incomplete']]);
    expect(dispatches.map(({ requested }) => requested!.data.workflow)).toEqual(['any']);
  });

  it('made by runs deeper than the workflow allows are held, and go on when somebody lets them', async () => {
    await publish('circle', { guards: { depth: 9 }, triggers: [{ change: 'user' }] });
    await startTrigger();
    const parentRunId = newId(Date.now());
    send(changeOf({ origin: { depth: 9, runId: parentRunId }, now: { id: '1' } }));
    send(changeOf({ origin: { depth: 10, runId: parentRunId }, now: { id: '1' } }));
    const runs = async () =>
      (await ledger.runs.search({ workflow: 'circle' }, 10)).items.toSorted((a, b) => a.depth - b.depth);
    await waitFor(async () => (await runs()).length === 2);
    expect(await runs()).toMatchObject([
      { depth: 9, status: 'queued', parentRunId },
      { depth: 10, status: 'paused', heldBy: 'depth', parentRunId },
    ]);
    const held = await ledger.runs.events((await runs())[1]!.id);
    expect(held.map(({ type }) => type)).toEqual(['RunRequested', 'RunPaused']);
  });
});

describe('two replicas', () => {
  /** Ends the session that holds the leadership, as the end of its process would. */
  const cutLeader = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
       WHERE locktype = 'advisory' AND granted AND datname = $1`,
      [database.name],
    );
    await client.end();
  };

  it('are both ready, and the standby takes over without losing or repeating a change', async () => {
    await publish('follow', { triggers: [{ change: 'user' }] });
    const [first, second] = [await startTrigger(), await startTrigger()];
    for (const { url } of [first, second]) await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200);
    let count = 0;
    const sending = setInterval(() => send(changeOf({ now: { id: '1', count: count++ } })), 5);
    await waitFor(() => dispatches.length > 50);
    await cutLeader();
    const handled = dispatches.length;
    await waitFor(() => dispatches.length > handled + 200, { timeoutMs: 3_000 });
    await first.close();
    const before = dispatches.length;
    await waitFor(() => dispatches.length > before + 100, { timeoutMs: 3_000 });
    clearInterval(sending);
    await waitFor(isCaughtUp);
    await waitFor(() => new Set(dispatches.map(({ runId }) => runId)).size === count);
    const { items } = await ledger.runs.search({ workflow: 'follow' }, count + 10);
    expect(items).toHaveLength(count);
  });
});
