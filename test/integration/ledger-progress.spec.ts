import type { NewRunEvent } from '@nightshift/contracts';
import { itemRunId, newId, openLedger, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeProgress } from '../../libs/ledger/src/run-projection.ts';
import { at, requestedRun } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;
let asScheduler: Ledger;
let postgres: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test executor' });
  asGateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test gateway' });
  asScheduler = await openLedger({ url: database.serviceUrls.scheduler, applicationName: 'test scheduler' });
  postgres = new pg.Client(database.url);
  await postgres.connect();
});
afterAll(async () => {
  await postgres.end();
  await Promise.all([ledger.close(), asGateway.close(), asScheduler.close()]);
  await database.drop();
});

const append = (runId: string, expectedVersion: number, ...events: NewRunEvent[]) =>
  ledger.runs.append({ runId, expectedVersion, at: at(), events });
const succeeds: NewRunEvent[] = [
  { type: 'RunStarted', data: {} },
  { type: 'RunSucceeded', data: {} },
];

const admitList = async (total: number): Promise<string> => {
  const listId = newId(Date.now());
  const plain = { itemParameter: null, startAt: null, intervalMs: null, concurrency: null, onComplete: null };
  const from = { workflow: 'greet', workflowVersion: 1, parameters: {}, parentRunId: null, depth: 0 };
  await asGateway.lists.admit({
    listId,
    at: at(),
    ...from,
    ...plain,
    items: Array.from({ length: total }, (_, i) => i),
  });
  await asScheduler.lists.handOut(listId, new Date());
  return listId;
};

const endItems = async (listId: string, from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index++) await append(itemRunId(listId, index), 1, ...succeeds);
};

describe('what a run reports', () => {
  const report = fc.record(
    {
      done: fc.nat({ max: 9 }),
      total: fc.nat({ max: 9 }),
      message: fc.string({ maxLength: 3, unit: 'grapheme-ascii' }),
    },
    { requiredKeys: [] },
  );

  it('is put together in one commit as over several, and what is done does not become less', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 5 }), async (reports) => {
        const told = reports.map((data): NewRunEvent => ({ type: 'ProgressReported', data: { step: 'p', ...data } }));
        const [apart, together] = [requestedRun(), requestedRun()];
        await asGateway.runs.request(apart);
        await asGateway.runs.request(together);
        for (const [index, event] of told.entries()) await append(apart.runId, index + 1, event);
        await append(together.runId, 1, ...told);
        const expected = reports.reduce((before, said) => mergeProgress(before, said), {});
        expect((await ledger.runs.find(apart.runId))?.progress).toEqual(expected);
        expect((await ledger.runs.find(together.runId))?.progress).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the rate of a list', () => {
  it('is told from a mark that moves when it is ten seconds and ten items old', async () => {
    const listId = await admitList(40);
    const markOf = async (): Promise<number | undefined> => (await asGateway.progress.listMark(listId))?.done;
    const age = () =>
      postgres.query(`UPDATE nightshift.list_counts SET mark_at = mark_at - interval '11 seconds' WHERE list_id = $1`, [
        listId,
      ]);
    expect(await markOf()).toBeUndefined();
    await endItems(listId, 0, 1);
    expect(await markOf()).toBe(1);
    await endItems(listId, 1, 12);
    // It is young: the next one is not left yet.
    expect(await markOf()).toBe(1);
    await age();
    await endItems(listId, 12, 13);
    // The one before is kept, so that there is always one to tell a rate from.
    expect(await markOf()).toBe(1);
    await age();
    await endItems(listId, 13, 15);
    expect(await markOf()).toBe(1);
    await endItems(listId, 15, 25);
    expect(await markOf()).toBe(13);
  });
});

describe('whether something should move', () => {
  it('is known of a list by what is ready in it', async () => {
    const listId = await admitList(2);
    expect(await asGateway.progress.isListAtWork(listId)).toBe(true);
    await asGateway.control.pause({ runIds: [itemRunId(listId, 0)] });
    await endItems(listId, 1, 2);
    expect(await asGateway.progress.isListAtWork(listId)).toBe(false);
    await asGateway.control.resume({ runIds: [itemRunId(listId, 0)] });
    expect(await asGateway.progress.isListAtWork(listId)).toBe(true);
  });

  it('is measured by what the newest ones took', async () => {
    const workflow = 'measured';
    expect(await asGateway.progress.usualMs({ workflow })).toBeUndefined();
    for (let second = 1; second <= 20; second++) {
      const run = requestedRun({ workflow });
      await asGateway.runs.request(run);
      await append(run.runId, 1, ...succeeds);
      await postgres.query(
        `UPDATE nightshift.runs SET started_at = finished_at - $2 * interval '1 second' WHERE id = $1`,
        [run.runId, second],
      );
    }
    await asGateway.runs.request(requestedRun({ workflow }));
    expect(await asGateway.progress.usualMs({ workflow })).toBeCloseTo(19_000);
  });
});
