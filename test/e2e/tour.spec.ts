import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startCluster, workspaceRoot, type Cluster } from '@nightshift/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

const runTour = (): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const tour = spawn(process.execPath, ['--conditions=source', join(workspaceRoot, 'examples/five-ways/tour.ts')], {
      cwd: workspaceRoot,
      env: {
        PATH: process.env.PATH,
        NIGHTSHIFT_URL: cluster.gatewayUrls[0],
        NIGHTSHIFT_ADMIN_KEY: cluster.adminKey,
        NIGHTSHIFT_DATABASE_URL: cluster.databaseUrl,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const output of [tour.stdout, tour.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    tour.once('error', reject);
    tour.once('close', (code) => resolve({ code, said }));
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
