import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumers, streams, subjects, type ChangeEvent, type Dispatch } from '@nightshift/contracts';
import { newId, openLedger, type Ledger } from '@nightshift/ledger';
import { connectBus, type Bus } from '@nightshift/messaging';
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-storm-'));
let nats: NatsServer;
let database: TestDatabase;
let ledger: Ledger;
let bus: Bus;
let trigger: OpenService;
/** In the order of their dispatches; one that is dispatched again stands once. */
const started = new Map<string, ChangeEvent['data']>();
const repeated = new Map<string, number>();

beforeAll(async () => {
  nats = await startNatsServer({ directory: folder, port: await freePort() });
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.url, applicationName: 'storm test' });
  bus = await connectBus({ url: nats.url, name: 'test' });
  await bus.ensureStreams([streams.changes, streams.dispatch, streams.dead]);
  bus.subscribe(subjects.allDispatches, (body) => {
    const { runId, requested } = body as Dispatch;
    repeated.set(runId, (repeated.get(runId) ?? 0) + 1);
    if (!started.has(runId)) started.set(runId, requested!.data.trigger as ChangeEvent['data']);
  });
});
afterAll(async () => {
  await trigger?.close();
  await bus.close();
  await ledger.close();
  await database.drop();
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** So long ago that whoever handles it now is late. */
const committedAt = new Date(Date.now() - 60_000).toISOString();

const send = (type: string, thing: string, count: number): void => {
  const change: ChangeEvent = {
    specversion: '1.0',
    id: `0/${type}/${count}`,
    source: '/nightshift/data',
    type: 'nightshift.change.created',
    subject: thing,
    time: committedAt,
    datacontenttype: 'application/json',
    data: {
      type,
      kind: 'created',
      now: { id: thing, count },
      changedFields: [],
      origin: { depth: 0 },
      transaction: { id: '0', index: count },
    },
  };
  bus.publish(subjects.change(type, 'created'), JSON.stringify(change), { id: change.id });
};

describe('a storm of changes of one type', () => {
  const storm = 20_000;
  const others = 300;

  it('does not hold up those of another one, each starts one run, and the order of each thing is kept', async () => {
    for (const workflow of ['flood', 'rare']) {
      await ledger.workflows.saveDraft(workflow, { workflow, do: [], triggers: [{ change: workflow }] });
      await ledger.workflows.publish(workflow);
    }
    const things = Array.from({ length: 7 }, () => newId(Date.now()));
    // One before the storm: what is overtaken must not come before what stands in front of it.
    send('rare', things[0]!, 0);
    for (let count = 0; count < storm; count++) {
      send('flood', things[count % 7]!, count);
      if (count % 1_000 === 0) await bus.whenWritable();
    }
    for (let count = 1; count < others; count++) send('rare', things[count % 7]!, count);
    await bus.flush();

    const config = readConfig(TriggerConfigSchema, {
      NIGHTSHIFT_HTTP_PORT: '0',
      NIGHTSHIFT_NATS_URL: nats.url,
      NIGHTSHIFT_LEDGER_URL: database.serviceUrls.trigger,
    });
    const { service, seekLeadership } = await connectTrigger(config, makeLogger({ app: 'trigger', level: 'silent' }));
    trigger = await openService(service);
    seekLeadership();
    await waitFor(() => started.size === storm + others, { timeoutMs: 60_000, describe: 'all runs' });
    await waitFor(
      async () =>
        (await bus.consumerFloor(streams.changes, consumers.trigger)) ===
        (await bus.streamState(streams.changes))!.lastSequence,
    );

    const inOrder = [...started.values()];
    const lastOf = (type: string): number => inOrder.findLastIndex((data) => data.type === type);
    expect(lastOf('rare')).toBeLessThan(lastOf('flood') - storm / 4);
    for (const type of ['flood', 'rare'])
      for (const thing of things) {
        const counts = inOrder
          .filter((data) => data.type === type && data.now!.id === thing)
          .map(({ now }) => now!['count'] as number);
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      }
    const { items } = await ledger.runs.search({ workflow: 'rare' }, 1_000);
    expect(items).toHaveLength(others);
    // The reader came by them all the same.
    expect([...repeated.values()].some((times) => times > 1)).toBe(true);
  });
});
