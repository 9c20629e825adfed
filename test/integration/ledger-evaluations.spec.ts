import { openLedger, type Evaluation, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let asGateway: Ledger;
let asTrigger: Ledger;
let asScheduler: Ledger;

beforeAll(async () => {
  database = await createTestDatabase();
  const { gateway, trigger, scheduler } = database.serviceUrls;
  [asGateway, asTrigger, asScheduler] = (await Promise.all(
    [gateway, trigger, scheduler].map((url) => openLedger({ url, applicationName: 'evaluations test' })),
  )) as [Ledger, Ledger, Ledger];
  for (const workflow of ['one', 'two']) await asGateway.workflows.saveDraft(workflow, { workflow, do: [] });
});
afterAll(async () => {
  await Promise.all([asGateway, asTrigger, asScheduler].map((ledger) => ledger.close()));
  await database.drop();
});

const decision = (workflow: string, count: number, evaluatedAt = new Date().toISOString()): Evaluation => ({
  workflow,
  workflowVersion: 1,
  trigger: 0,
  changeId: `0/${count}`,
  committedAt: evaluatedAt,
  evaluatedAt,
  outcome: 'condition',
  thingId: `thing "${count}"`,
  type: 'user',
  kind: 'created',
  changedFields: [],
  origin: { depth: 0 },
  now: { id: '1', text: 'a\\b"c' } as never,
});
const kept = async (workflow: string): Promise<string[]> =>
  (await asGateway.evaluations.list(workflow, {}, 100)).items.map(({ changeId }) => changeId);

describe('decisions of triggers', () => {
  it('are asked for by the gateway, and the trigger service hears of each request', async () => {
    const before = (await asTrigger.workflows.revision()).evaluationRecords;
    await asGateway.evaluations.record('one', new Date(Date.now() + 60_000), 3);
    const during = (await asTrigger.workflows.revision()).evaluationRecords;
    await asGateway.evaluations.stop('one');
    const after = (await asTrigger.workflows.revision()).evaluationRecords;
    expect([before < during, during < after]).toEqual([true, true]);
    expect(await asTrigger.evaluations.records()).toMatchObject([{ workflow: 'one' }]);
    await expect(asTrigger.evaluations.record('one', new Date(), 3)).rejects.toThrow(/permission denied/);
  });

  it('are kept once, and the newest of each workflow only', async () => {
    const most = new Map([
      ['one', 3],
      ['two', 10],
    ]);
    const some = [1, 2, 3].map((count) => decision('one', count));
    await asTrigger.evaluations.keep(some, most);
    await asTrigger.evaluations.keep([...some, decision('one', 4), decision('two', 1)], most);
    expect([await kept('one'), await kept('two')]).toEqual([['0/4', '0/3', '0/2'], ['0/1']]);
    const [newest] = (await asGateway.evaluations.list('one', { thingId: 'thing "4"' }, 10)).items;
    expect(newest).toMatchObject({ thingId: 'thing "4"', now: { text: 'a\\b"c' } });
  });

  it('are forgotten by the scheduler when they are old', async () => {
    const old = decision('two', 2, new Date(Date.now() - 60_000).toISOString());
    await asTrigger.evaluations.keep([old], new Map([['two', 10]]));
    expect(await asScheduler.evaluations.forget(new Date(Date.now() - 30_000), 10)).toBe(1);
    expect(await kept('two')).toEqual(['0/1']);
  });
});
