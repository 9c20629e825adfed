import { join } from 'node:path';
import { startCluster, workspaceRoot, type Cluster } from '@nightshift/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runToEnd, type Ended } from './run-to-end.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

const runTour = (): Promise<Ended> =>
  runToEnd('sh', [join(workspaceRoot, 'examples/five-ways/tour.sh')], {
    PATH: process.env.PATH,
    HOME: cluster.directory,
    NIGHTSHIFT_URL: cluster.gatewayUrls[0],
    NIGHTSHIFT_KEY: cluster.adminKey,
  });

test('the command line alone goes through all five ways, on a platform that has nothing yet', async () => {
  const first = await runTour();
  expect(first.code, first.said).toBe(0);
  expect(first.said).toContain('type users is made');
  expect(first.said).toContain('succeeded: 1 succeeded, 0 failed, 0 cancelled, of 1');
  expect(first.said).toContain('Toni Tourist went from free to pro');
  expect(first.said).toContain('All five ways were gone.');
  expect(first.said).toMatch(/✓ schedules/);
}, 180_000);
