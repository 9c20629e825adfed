import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  createTestDatabase,
  freePort,
  freePorts,
  isAlive,
  isPortFree,
  startNatsServer,
  startPostgres,
  testServers,
  waitFor,
  workspaceRoot,
} from '@nightshift/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockPlatform, type PlatformLock } from '../../tools/platform/platform-lock.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-launchers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

describe('postgres', () => {
  it('keeps what was committed over kill -9 and a stale pid file, refuses wrong passwords, and leaves nothing behind', async () => {
    const directory = join(folder, 'postgres');
    const server = await startPostgres({ directory, port: await freePort() });
    const settings = "select name, setting from pg_settings where name in ('wal_level', 'fsync', 'listen_addresses')";
    expect(await ask(server.url, settings)).toEqual(
      expect.arrayContaining([
        { name: 'wal_level', setting: 'logical' },
        { name: 'fsync', setting: 'on' },
        { name: 'listen_addresses', setting: '127.0.0.1' },
      ]),
    );
    await ask(server.url, 'create table kept as select 42 as answer');
    await server.kill();
    expect(server.isRunning()).toBe(false);

    // The id in the pid file now belongs to somebody else: ourselves.
    writeFileSync(join(directory, 'data', 'postmaster.pid'), `${process.pid}\n${directory}/data\n0\n`);
    await server.restart();
    expect(await ask(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);

    const wrong = server.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(ask(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
    const { pid } = server;
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await isPortFree(server.port)).toBe(true);
  });

  it('stops a server that somebody else left running on the same folder', async () => {
    const directory = join(folder, 'postgres');
    const first = await startPostgres({ directory, port: await freePort() });
    const second = await startPostgres({ directory, port: await freePort() });
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(await first.exited).toBe(0);
    await second.stop();
  });

  it('shows the end of the log when it cannot start', async () => {
    const { port } = new URL(testServers().postgresUrl);
    const starting = startPostgres({ directory: join(folder, 'postgres'), port: Number(port) });
    await expect(starting).rejects.toThrow(/postgres ended \(1\) before it was ready[^]*Address already in use/);
  });
});

describe('nats-server', () => {
  it('lets nightshift do everything and the subscriber only read the run feed', async () => {
    const [port, monitorPort] = (await freePorts(2)) as [number, number];
    const server = await startNatsServer({ directory: join(folder, 'nats'), port, monitorPort });
    const all = ['SUB ns.run.> 1', 'SUB ns.dispatch.> 2', 'PUB ns.run.a.b.c 0', ''];
    expect(await talk(server.url, all)).not.toContain('-ERR');
    expect(await talk(server.subscriberUrl, ['SUB ns.run.> 1', 'SUB _INBOX_subscriber.x 2'])).not.toContain('-ERR');
    expect(await talk(server.subscriberUrl, ['SUB ns.change.> 1'])).toContain('Permissions Violation');
    expect(await talk(server.subscriberUrl, ['SUB _INBOX.> 1'])).toContain('Permissions Violation');
    expect(await talk(server.subscriberUrl, ['PUB ns.run.a.b.c 0', ''])).toContain('Permissions Violation');
    expect(await talk(server.url.replace(/:[^:@]+@/, ':wrong@'), [])).toContain('Authorization Violation');

    await server.kill();
    await server.restart();
    const jetStream = await (await fetch(`${server.monitorUrl}/jsz`)).json();
    expect(jetStream).toMatchObject({ config: { store_dir: expect.stringContaining(folder) } });
    await server.stop();
    expect(await isPortFree(server.port)).toBe(true);
  });
});

describe('a test database', () => {
  it('is migrated, alone, and open to the logins of the services', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await ask(one.url, 'create table only_here ()');
    expect(await ask(other.url, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
    expect(await ask(one.serviceUrls.gateway, 'select current_user::text')).toEqual([{ current_user: 'ns_gateway' }]);
    expect(await ask(one.serviceUrls.executor, 'select count(*)::int as runs from nightshift.runs')).toEqual([
      { runs: 0 },
    ]);
    await expect(ask(one.serviceUrls.data, 'select from nightshift.runs')).rejects.toThrow(/permission denied/);

    await ask(one.serviceUrls.data, "select pg_create_logical_replication_slot('left_behind', 'pgoutput')");
    await Promise.all([one.drop(), other.drop()]);
    const left = `select datname from pg_database where datname in ('${one.name}', '${other.name}')`;
    expect(await ask(testServers().postgresUrl, left)).toEqual([]);
  });
});

describe('whoever started the servers', () => {
  it('takes them along when killed with SIGKILL', async () => {
    const [postgresPort, natsPort] = (await freePorts(2)) as [number, number];
    const directory = join(folder, 'orphans');
    const program = `
      import { startNatsServer, startPostgres, removeAtEnd } from '@nightshift/testing';
      removeAtEnd(${JSON.stringify(directory)});
      const postgres = await startPostgres({ directory: '${directory}/postgres', port: ${postgresPort} });
      const nats = await startNatsServer({ directory: '${directory}/nats', port: ${natsPort} });
      console.log(JSON.stringify([postgres.pid, nats.pid]));
      setInterval(() => {}, 1000);`;
    const parent = runProgram(program);
    const pids = JSON.parse(await firstLine(parent)) as number[];
    expect(pids.every(isAlive)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await waitFor(() => !pids.some(isAlive), { describe: `the end of ${pids.join(' and ')}` });
    await waitFor(async () => (await isPortFree(postgresPort)) && (await isPortFree(natsPort)));
  });
});

describe('npm start', () => {
  it('names a taken port and the variable that changes it, and starts nothing', async () => {
    const holder = createServer().listen(await freePort(), '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const directory = join(folder, 'taken');
    const child = spawn(
      process.execPath,
      ['--conditions=source', join(workspaceRoot, 'tools/platform/start.ts'), '--directory', directory],
      { env: { PATH: process.env.PATH, NIGHTSHIFT_PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(said).toContain(`port ${port} (gateway) is taken`);
    expect(said).toContain('NIGHTSHIFT_PORT=');
    expect(code).toBe(1);
    expect(readdirSync(directory)).toEqual([]);
    holder.close();
  });

  it('says that one runs, and takes over from one that died, stopping what it left', async () => {
    const directory = join(folder, 'lock');
    mkdirSync(directory);
    const sleeping = (name: string): ChildProcess =>
      spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)', name], { stdio: 'ignore' });
    const first = sleeping('platform/start.ts');
    const child = sleeping(`${directory}/nats/nats-server.conf`);
    const holder = { pid: first.pid, url: 'http://127.0.0.1:4400', children: { 'nats-server': child.pid } };
    writeFileSync(join(directory, 'platform.json'), JSON.stringify(holder));
    const stopped: string[] = [];
    const take = (): Promise<PlatformLock> =>
      lockPlatform(directory, 'http://127.0.0.1:1', (name) => stopped.push(name));

    await expect(take()).rejects.toThrow(`already runs here as process ${first.pid}, at http://127.0.0.1:4400`);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const lock = await take();
    expect(stopped).toEqual(['nats-server']);
    expect(isAlive(child.pid as number)).toBe(false);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });
});

const runProgram = (program: string): ChildProcess =>
  spawn(process.execPath, ['--conditions=source', '--input-type=module-typescript', '--eval', program], {
    cwd: workspaceRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const firstLine = async (child: ChildProcess): Promise<string> => {
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += String(chunk);
    if (said.includes('\n')) return said;
  }
  throw new Error('the program ended without a line');
};

/** Speaks NATS's own protocol: what the server answers to these lines, up to the answer to a ping behind them. */
const talk = (url: string, lines: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port, username, password } = new URL(url);
    const socket = connect(Number(port), hostname);
    let heard = '';
    const hello = JSON.stringify({ verbose: false, pedantic: false, user: username, pass: password });
    socket.on('connect', () => socket.write([`CONNECT ${hello}`, ...lines, 'PING', ''].join('\r\n')));
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (heard.includes('PONG')) socket.end();
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
