import { openLedger, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test executor' });
  asGateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test gateway' });
});

afterAll(async () => {
  await Promise.all([ledger.close(), asGateway.close()]);
  await database.drop();
});

describe('workflows', () => {
  it('number their versions, and keep each as it is', async () => {
    expect(await asGateway.workflows.saveDraft('greet', { workflow: 'greet', do: [1] })).toMatchObject({
      version: 1,
      draft: true,
    });
    expect(await asGateway.workflows.saveDraft('greet', { do: [1], workflow: 'greet' })).toMatchObject({
      version: 1,
      draft: true,
    });
    expect(await asGateway.workflows.saveDraft('greet', { workflow: 'greet', do: [2] })).toMatchObject({
      version: 2,
      draft: true,
    });
    const before = await asGateway.workflows.revision();
    expect(await asGateway.workflows.publish('greet')).toMatchObject({ version: 2, draft: false, publishedVersion: 2 });
    expect(await asGateway.workflows.revision()).toBeGreaterThan(before);
    expect(await asGateway.workflows.saveDraft('greet', { workflow: 'greet', do: [3] })).toMatchObject({
      version: 3,
      publishedVersion: 2,
    });
    expect(await ledger.workflows.published()).toContainEqual({
      workflow: 'greet',
      version: 2,
      document: { workflow: 'greet', do: [2] },
    });
    await expect(asGateway.workflows.publish('nobody')).rejects.toMatchObject({ code: 'workflow.not_found' });
  });
});
