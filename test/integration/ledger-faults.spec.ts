import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, openLedger, type Ledger, type RequestedRun } from '@nightshift/ledger';
import { freePort, prepareDatabase, startPostgres, type Postgres } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let directory: string;
let postgres: Postgres;
let ledger: Ledger;

const request = (): RequestedRun => {
  const runId = newId(Date.now());
  return {
    runId,
    at: new Date().toISOString(),
    requested: {
      workflow: 'w',
      workflowVersion: 1,
      parameters: {},
      cause: { kind: 'api' },
      chainId: runId,
      iteration: 1,
      depth: 0,
    },
  };
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nightshift-ledger-faults-'));
  postgres = await startPostgres({ directory: join(directory, 'postgres'), port: await freePort() });
  const password = 'secret';
  const urls = await prepareDatabase({
    superuserUrl: postgres.url,
    passwords: { data: password, trigger: password, scheduler: password, executor: password, gateway: password },
  });
  ledger = await openLedger({ url: urls.gateway, applicationName: 'test' });
});

afterAll(async () => {
  await ledger.close();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
});

it('keeps every append that it acknowledged, each once, when Postgres is killed under load', async () => {
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  let isLoading = true;
  const load = Array.from({ length: 20 }, async () => {
    while (isLoading) {
      const run = request();
      try {
        await ledger.runs.request(run);
        const { outcome } = await ledger.runs.append({
          runId: run.runId,
          expectedVersion: 1,
          at: run.at,
          events: [
            { type: 'RunStarted', data: {} },
            { type: 'RunSucceeded', data: {} },
          ],
        });
        // "conflict": the first try had reached the disk when the connection broke. The run is there all the same.
        expect(['appended', 'conflict']).toContain(outcome);
        acknowledged.push(run.runId);
      } catch (error) {
        refused.push(error);
      }
    }
  });
  for (let times = 0; times < 3; times++) {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 50);
    await postgres.kill();
    await postgres.restart();
  }
  isLoading = false;
  await Promise.all(load);

  expect(refused).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(150);
  for (const runId of acknowledged) {
    expect((await ledger.runs.events(runId)).map(({ version, type }) => `${version} ${type}`)).toEqual([
      '1 RunRequested',
      '2 RunStarted',
      '3 RunSucceeded',
    ]);
  }
}, 60_000);
