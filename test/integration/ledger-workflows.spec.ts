import { openLedger, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, requestedRun } from './requested-run.ts';

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
    const { workflows: before } = await asGateway.workflows.revision();
    expect(await asGateway.workflows.publish('greet')).toMatchObject({ version: 2, draft: false, publishedVersion: 2 });
    expect((await asGateway.workflows.revision()).workflows).toBeGreaterThan(before);
    const published = async (after: number) =>
      (await asGateway.workflows.published(after)).map(({ workflow }) => workflow);
    expect([await published(before), await published(before + 1)]).toEqual([['greet'], []]);
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

  it('are rolled back by publishing an older version', async () => {
    const workflow = 'rolled-back';
    for (const title of ['one', 'two', 'three']) await asGateway.workflows.saveDraft(workflow, { title });
    expect(await asGateway.workflows.publish(workflow)).toMatchObject({ publishedVersion: 3, draft: false });
    expect(await asGateway.workflows.publish(workflow, 1)).toEqual({
      name: workflow,
      title: 'three',
      version: 3,
      draft: true,
      publishedVersion: 1,
    });
    expect(await ledger.workflows.published()).toContainEqual({ workflow, version: 1, document: { title: 'one' } });
    const versions = await asGateway.workflows.versions(workflow);
    expect(versions.map(({ version, published }) => [version, published])).toEqual([
      [3, false],
      [2, false],
      [1, true],
    ]);
    expect(versions.map(({ publishedAt }) => publishedAt !== null)).toEqual([true, false, true]);
    await expect(asGateway.workflows.publish(workflow, 4)).rejects.toMatchObject({ code: 'workflow.not_found' });
    expect(await asGateway.workflows.versions('nobody')).toEqual([]);
  });

  it('know which of their versions have runs under way', async () => {
    const workflow = 'under-way';
    const runs = [1, 1, 2, 3].map((workflowVersion) => requestedRun({ workflow, workflowVersion }));
    for (const run of runs) await asGateway.runs.request(run);
    await asGateway.control.cancel({ runIds: [runs[3]!.runId] });
    expect(await asGateway.workflows.openVersions(workflow)).toEqual([
      { version: 1, runs: 2 },
      { version: 2, runs: 1 },
    ]);
  });

  it('know what is planned to start with the version that is published then', async () => {
    const workflow = 'planned';
    const dueAt = new Date(Date.now() + 3_600_000).toISOString();
    const latest = { workflow, version: 'latest' as const, parameters: { name: 'Ada' } };
    const [scheduled, pinned, paused, other, begun] = [
      requestedRun({ ...latest, dueAt }),
      requestedRun({ workflow, dueAt }),
      requestedRun({ ...latest, dueAt }),
      requestedRun({ ...latest, workflow: 'another', dueAt }),
      requestedRun(latest),
    ];
    const held = { ...requestedRun(latest), held: { guard: { name: 'cycles', limit: 1, value: 2 } } };
    for (const run of [scheduled, pinned, paused, other, begun, held]) await asGateway.runs.request(run);
    const starts = { events: [{ type: 'RunStarted' as const, data: {} }], at: at(), expectedVersion: 1 };
    await ledger.runs.append({ ...starts, runId: begun.runId });
    await asGateway.control.pause({ runIds: [paused.runId, begun.runId] });
    await asGateway.recurrences.put(workflow, 'daily', { every: { days: 1 }, parameters: { name: 'Eve' } }, new Date());
    const planned = [];
    for await (const start of asGateway.workflows.plannedStarts(workflow)) planned.push(start);
    expect(planned).toHaveLength(4);
    expect(planned).toEqual(
      expect.arrayContaining([
        { kind: 'run', runId: scheduled.runId, dueAt, parameters: { name: 'Ada' } },
        { kind: 'run', runId: paused.runId, dueAt, parameters: { name: 'Ada' } },
        { kind: 'run', runId: held.runId, dueAt: null, parameters: { name: 'Ada' } },
        { kind: 'recurrence', key: 'daily', parameters: { name: 'Eve' } },
      ]),
    );
  });

  it('are asked for planned starts page by page', async () => {
    const workflow = 'much-planned';
    const dueAt = new Date(Date.now() + 3_600_000).toISOString();
    const runs = Array.from({ length: 1_200 }, () => requestedRun({ workflow, version: 'latest', dueAt }));
    await Promise.all(runs.map((run) => asGateway.runs.request(run)));
    const planned = new Set<string>();
    for await (const start of asGateway.workflows.plannedStarts(workflow)) {
      if (start.kind === 'run') planned.add(start.runId);
    }
    expect(planned).toEqual(new Set(runs.map(({ runId }) => runId)));
  });
});
