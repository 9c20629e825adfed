import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@nightshift/client';
import { startCluster, workspaceRoot, type Cluster } from '@nightshift/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../chaos/application.ts';

let cluster: Cluster;
let client: Client;
beforeAll(async () => {
  cluster = await startCluster();
  // The gateway is away for as long as it takes to start one on a busy machine.
  client = createClient({ url: cluster.gatewayUrls[0]!, key: cluster.adminKey, retries: 10 });
  await client.workflows.save('twice', {
    workflow: 'twice',
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    do: [{ pause: { wait: { milliseconds: 500 } } }],
    return: '=parameters.n * 2',
  });
  await client.workflows.publish('twice');
});
afterAll(() => cluster?.stop());

test('the only gateway is killed twice: every start is one run, every result comes, and every event once', async () => {
  const [gateway] = cluster.services.gateway;
  const ends: string[] = [];
  const events = await client.events({ workflow: 'twice' }).opened();
  const starts = 200;
  let started = 0;
  const following = (async () => {
    for await (const { event } of events) {
      if (event.type === 'RunSucceeded') ends.push(event.runId);
      if (ends.length === starts) break;
    }
  })();

  const one = async (n: number): Promise<string> => {
    const run = await client.start('twice', { n });
    started++;
    expect(await run.result()).toBe(n * 2);
    return run.id;
  };
  const ids: Promise<string>[] = [];
  for (let n = 0; n < starts; n++) {
    ids.push(one(n));
    // In the middle of requests, of waiting for results and of following.
    if (n % 100 === 50) {
      await Promise.race(ids);
      await gateway!.kill();
      void gateway!.restart();
    }
  }
  const all = await Promise.all(ids);
  expect(started).toBe(starts);
  expect(new Set(all).size).toBe(starts);
  const [counted] = await query<{ runs: number }>(cluster, 'SELECT count(*)::int AS runs FROM nightshift.runs');
  expect(counted).toEqual({ runs: starts });
  await following;
  expect(ends.toSorted()).toEqual(all.toSorted());
}, 120_000);

/** What `npm pack` makes of a package, unpacked where `npm install` would put it. */
const install = (folder: string, workspace: string): string[] => {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder, '-w', workspace], {
    cwd: workspaceRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = globSync('*.tgz', { cwd: folder });
  const target = join(folder, 'node_modules', workspace);
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, tarball!), '-C', target, '--strip-components=1']);
  rmSync(join(folder, tarball!));
  return [...packed.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path!);
};

test('the packages work outside of the repository, and load no library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-client-'));
  try {
    for (const workspace of ['@nightshift/contracts', '@nightshift/client']) {
      const files = install(folder, workspace);
      expect(files).toContain('dist/index.js');
      expect(files).toContain('dist/index.d.ts');
      expect(files.filter((path) => /\.spec\.|tsbuildinfo/.test(path))).toEqual([]);
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      join(folder, 'use.ts'),
      `import { createClient, isNightshiftError } from '@nightshift/client';
       const client = createClient({ url: process.env['URL']!, key: process.env['KEY']! });
       const run = await client.start('twice', { n: 21 });
       console.log(await run.result(), await client.start('nothing').catch((error) => isNightshiftError(error) && error.code));
       // @ts-expect-error an id is a text
       if (false) await client.runs.get(1);`,
    );
    // Neither ajv nor typebox is there: types alone need them.
    const said = execFileSync(process.execPath, ['use.ts'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], URL: cluster.gatewayUrls[0], KEY: cluster.adminKey },
    });
    expect(said.trim()).toBe('42 workflow.not_found');

    symlinkSync(join(workspaceRoot, 'node_modules/typebox'), join(folder, 'node_modules/typebox'));
    symlinkSync(join(workspaceRoot, 'node_modules/@types'), join(folder, 'node_modules/@types'));
    const compiler = join(workspaceRoot, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      '--target',
      'es2024',
      '--module',
      'nodenext',
      '--types',
      'node',
    ];
    execFileSync(process.execPath, [compiler, ...flags, 'use.ts'], { cwd: folder, stdio: 'inherit' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
