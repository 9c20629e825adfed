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
  runToEnd(process.execPath, ['--conditions=source', join(workspaceRoot, 'examples/five-ways/tour.ts')], {
    PATH: process.env.PATH,
    NIGHTSHIFT_URL: cluster.gatewayUrls[0],
    NIGHTSHIFT_ADMIN_KEY: cluster.adminKey,
    NIGHTSHIFT_DATABASE_URL: cluster.databaseUrl,
  });

test('npm run tour goes through all five ways, however often', async () => {
  for (const time of ['first', 'second']) {
    const { code, said } = await runTour();
    expect(code, `the ${time} tour said:\n${said}`).toBe(0);
    const ends = said.match(/^ {2}[1-5]\. .* succeeded .*$/gm);
    expect(ends, said).toHaveLength(5);
    expect(said).toContain('before {"plan":"free"}, now {"plan":"pro"}');
    expect(said).toContain('orders of this user: 2');
  }
}, 130_000);
