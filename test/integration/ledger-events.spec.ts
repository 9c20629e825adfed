import { newId, openLedger, type Ledger, type OutsideEvent } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;
let events = 0;

const paid = (subject: string | null, more: Partial<OutsideEvent> = {}): OutsideEvent => ({
  id: `event-${++events}`,
  source: '/shop',
  type: 'order.paid',
  subject,
  time: at(),
  data: { amount: 12.5, note: 'with "quotes"' },
  ...more,
});

const newKey = (): string => `order-${newId(Date.now())}`;

/** A run whose step waits for the payment of an order, and that nobody has in hand. */
const waitingRun = async (key: string): Promise<string> => {
  const run = requestedRun();
  await asGateway.runs.request(run);
  await waits(run.runId, 1, key);
  return run.runId;
};

const waits = (runId: string, expectedVersion: number, key: string) =>
  ledger.runs.append({
    runId,
    expectedVersion,
    at: at(),
    events: [
      { type: 'RunStarted', data: {} },
      { type: 'WaitStarted', data: { step: 'payment', event: { type: 'order.paid', key } } },
    ],
    awaits: [{ step: 'payment', type: 'order.paid', key }],
    rests: {},
  });

const eventsOf = async (runId: string) =>
  (await ledger.runs.events(runId)).flatMap((event) => (event.type === 'EventReceived' ? [event.data.event] : []));

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

describe('an outside event', () => {
  it('wakes the runs that wait for its type and subject, and no others', async () => {
    const key = newKey();
    const [one, two, other] = [await waitingRun(key), await waitingRun(key), await waitingRun(newKey())];
    const event = paid(key);
    const { isNew, woken } = await asGateway.events.receive(event);
    expect(isNew).toBe(true);
    expect(new Set(woken)).toEqual(
      new Set([
        { runId: one, version: 4 },
        { runId: two, version: 4 },
      ]),
    );
    expect(await eventsOf(one)).toEqual([event]);
    expect(await eventsOf(other)).toEqual([]);
    expect(await ledger.runs.find(one)).toMatchObject({ status: 'running' });
    expect(await ledger.runs.find(other)).toMatchObject({ status: 'waiting' });
    // The wait is over: the next event of its kind is not for it.
    expect(await asGateway.events.receive(paid(key))).toEqual({ isNew: true, woken: [], isMatched: false });
  });

  it('is taken in once', async () => {
    const key = newKey();
    const runId = await waitingRun(key);
    const event = paid(key);
    const received = await Promise.all(Array.from({ length: 8 }, () => asGateway.events.receive(event)));
    expect(received.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(received.flatMap(({ woken }) => woken)).toEqual([{ runId, version: 4 }]);
    expect(await asGateway.events.receive(event)).toEqual({ isNew: false, woken: [], isMatched: false });
    expect(await eventsOf(runId)).toEqual([event]);
  });

  it('reaches a run that begins to wait in the same moment, once', async () => {
    const pairs = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const run = requestedRun();
        await asGateway.runs.request(run);
        return { runId: run.runId, key: newKey() };
      }),
    );
    await Promise.all(
      pairs.flatMap(({ runId, key }) => [
        asGateway.events.receive(paid(key)),
        waits(runId, 1, key).then(() => ledger.events.deliverKept(runId)),
      ]),
    );
    for (const { runId } of pairs) expect(await eventsOf(runId)).toHaveLength(1);
  });

  it('is kept for a run that waits later: each run has each event once, the oldest first', async () => {
    const run = requestedRun();
    await asGateway.runs.request(run);
    const key = newKey();
    const [first, second] = [paid(key), paid(key)];
    await asGateway.events.receive(first);
    await asGateway.events.receive(second);
    await waits(run.runId, 1, key);
    expect(await ledger.events.deliverKept(run.runId)).toEqual({ version: 4 });
    await waits(run.runId, 4, key);
    expect(await ledger.events.deliverKept(run.runId)).toEqual({ version: 7 });
    await waits(run.runId, 7, key);
    expect(await ledger.events.deliverKept(run.runId)).toBeUndefined();
    expect(await eventsOf(run.runId)).toEqual([first, second]);
  });

  it('is not for a run that was requested after it', async () => {
    const key = newKey();
    await asGateway.events.receive(paid(key));
    await expect.poll(() => Date.now()).toBeGreaterThan(Date.now());
    const runId = await waitingRun(key);
    expect(await ledger.events.deliverKept(runId)).toBeUndefined();
  });

  it('without a subject is for who waits without a key', async () => {
    const runId = await waitingRun('');
    const event = paid(null);
    expect(await asGateway.events.receive(event)).toMatchObject({ woken: [{ runId }] });
    expect(await eventsOf(runId)).toEqual([event]);
  });

  it('is given to a paused run, which stays paused', async () => {
    const key = newKey();
    const runId = await waitingRun(key);
    await asGateway.control.pause({ runIds: [runId] });
    await asGateway.events.receive(paid(key));
    expect(await eventsOf(runId)).toHaveLength(1);
    expect(await ledger.runs.find(runId)).toMatchObject({ status: 'paused' });
  });

  it('is not given to a run that ended or no longer waits', async () => {
    const key = newKey();
    const [ended, gaveUp] = [await waitingRun(key), await waitingRun(key)];
    await asGateway.control.cancel({ runIds: [ended] });
    await ledger.runs.append({
      runId: gaveUp,
      expectedVersion: 3,
      at: at(),
      events: [{ type: 'StepSkipped', data: { step: 'payment', reason: 'too late' } }],
      givesUp: ['payment'],
    });
    expect(await asGateway.events.receive(paid(key))).toEqual({ isNew: true, woken: [], isMatched: false });
  });
});

describe('an event that a run emits', () => {
  const emit = async (event: OutsideEvent, expectedVersion = 1) => {
    const run = requestedRun();
    await asGateway.runs.request(run);
    return ledger.runs.append({
      runId: run.runId,
      expectedVersion,
      at: at(),
      events: [{ type: 'StepCompleted', data: { step: 'tell', attempt: 1 } }],
      emitted: [event],
    });
  };

  it('comes with its commit or not at all, and is delivered after it', async () => {
    const key = newKey();
    const runId = await waitingRun(key);
    const lost = paid(key);
    expect(await emit(lost, 0)).toEqual({ outcome: 'conflict' });
    expect(await ledger.events.deliver([lost])).toEqual([]);
    const event = paid(key);
    await emit(event);
    expect(await ledger.events.deliver([event])).toEqual([{ runId, version: 4 }]);
    expect(await ledger.events.deliver([event])).toEqual([]);
    expect(await eventsOf(runId)).toEqual([event]);
  });

  it('is not given again to a run that found it first and waits anew', async () => {
    const key = newKey();
    const event = paid(key);
    await emit(event);
    const run = requestedRun();
    run.at = new Date(Date.now() - 60_000).toISOString();
    await asGateway.runs.request(run);
    await waits(run.runId, 1, key);
    expect(await ledger.events.deliverKept(run.runId)).toEqual({ version: 4 });
    await waits(run.runId, 4, key);
    expect(await ledger.events.deliver([event])).toEqual([]);
    expect(await ledger.runs.find(run.runId)).toMatchObject({ status: 'waiting' });
  });

  it('is delivered by the scheduler when its process died after the commit', async () => {
    const key = newKey();
    const runId = await waitingRun(key);
    await emit(paid(key));
    expect(await asScheduler.events.deliverForgotten(new Date(0), 100)).toEqual([]);
    const soon = new Date(Date.now() + 60_000);
    expect(await asScheduler.events.deliverForgotten(soon, 100)).toContainEqual({ runId, version: 4 });
    expect(await asScheduler.events.deliverForgotten(soon, 100)).toEqual([]);
  });

  it('is forgotten when it is old', async () => {
    const key = newKey();
    const run = requestedRun();
    await asGateway.runs.request(run);
    const event = paid(key);
    await asGateway.events.receive(event);
    expect(await asScheduler.events.forget(new Date(Date.now() - 60_000))).toBe(0);
    // What it may trigger has not been looked for.
    expect(await asScheduler.events.forget(new Date(Date.now() + 60_000))).toBe(0);
    await ledger.events.matched([event]);
    expect(await asScheduler.events.forget(new Date(Date.now() + 60_000))).toBeGreaterThan(0);
    await waits(run.runId, 1, key);
    expect(await ledger.events.deliverKept(run.runId)).toBeUndefined();
    expect(await asGateway.events.receive(event)).toMatchObject({ isNew: true });
  });
});
