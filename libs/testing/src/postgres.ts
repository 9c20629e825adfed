import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { childrenOf, commandLineOf, isAlive, signal } from './process-table.ts';
import { startProcess, type RunningProcess } from './running-process.ts';
import { accountForPostgres, asAccount, type Account } from './unprivileged.ts';
import { waitFor } from './wait-for.ts';

export interface PostgresOptions {
  /** Everything of this server lives here: `data`, the log unless told otherwise, a generated password. */
  directory: string;
  port: number;
  /** Of the superuser `postgres`; generated and kept in the folder (mode 0600) unless given. Only the first start sets it. */
  password?: string;
  /** `postgres.log` in the folder unless told. */
  logFile?: string;
  /** More settings, or other values for ours. */
  settings?: Record<string, string>;
}

export interface Postgres {
  /** The superuser's URL of the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  /** Fast shutdown: open transactions are rolled back, then a checkpoint. */
  stop(): Promise<void>;
  /** SIGKILL for the server and all its processes, as in a power failure of the database alone. */
  kill(): Promise<void>;
  /** Starts again on the same folder and port what was stopped or killed. */
  restart(): Promise<void>;
}

/**
 * Starts a real Postgres 18 with logical replication on 127.0.0.1, creating its data folder at the first time. A
 * folder left by a crash is recovered; a server that a killed parent left running on this folder is stopped first.
 * Runs as root too, under another account. Rejects with the end of the server's log.
 */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const data = join(directory, 'data');
  const account = accountForPostgres(data);
  const password = options.password ?? keptPassword(join(directory, 'superuser-password'));

  const start = async (): Promise<RunningProcess> => {
    if (!existsSync(data)) await initialize(data, password, account);
    await clearLeftover(data);
    return startServer(options, data, directory, account);
  };

  let server = await start();
  return {
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${options.port}/postgres`,
    port: options.port,
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    isRunning: () => server.isRunning(),
    stop: () => server.stop(),
    kill: async () => {
      const backends = server.isRunning() ? childrenOf(server.pid) : [];
      await server.kill();
      await endAll(backends);
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
  };
};

const startServer = (
  options: PostgresOptions,
  data: string,
  directory: string,
  account: Account | undefined,
): Promise<RunningProcess> => {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    wal_level: 'logical',
    max_replication_slots: '32',
    max_wal_senders: '32',
    // What a slot that nobody reads may keep, before it fills the disk: more than the data service itself lets it.
    max_slot_wal_keep_size: '20GB',
    max_connections: '300',
    fsync: 'on',
    jit: 'off', // Compiling costs more than any statement of ours gains.
    log_checkpoints: 'off',
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const invocation = asAccount(account, findPostgresBinaries().postgres, ['-D', data, ...flags]);
  return startProcess({
    name: 'postgres',
    ...invocation,
    cwd: directory,
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    logFile: options.logFile ?? join(directory, 'postgres.log'),
    stopSignal: 'SIGINT',
    orphanSignal: 'QUIT',
    stopTimeoutMs: 20_000,
    isReady: () => postmasterFile(data)[7]?.trim() === 'ready',
    readyTimeoutMs: 120_000, // Recovery after a crash replays up to max_wal_size; longer than that is a fault.
  });
};

/** Under another name first, so that a folder named `data` is always a complete one. */
const initialize = async (data: string, password: string, account: Account | undefined): Promise<void> => {
  const unfinished = `${data}.unfinished`;
  const passwordFile = `${data}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) [unfinished, passwordFile].forEach((path) => chownSync(path, account.uid, account.gid));
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const { command, args, uid, gid } = asAccount(account, findPostgresBinaries().initdb, [
    `--pgdata=${unfinished}`,
    '--no-instructions',
    ...locale,
    ...access,
  ]);
  try {
    await promisify(execFile)(command, args, { uid, gid, cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? String(error);
    throw new Error(`Postgres could not create its data folder ${data}: ${said}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, data);
};

/**
 * What an earlier server left: one that still runs on this folder is stopped, and a pid file whose process is not a
 * Postgres of this folder is removed, because Postgres refuses to start when that id belongs to another process by now.
 */
const clearLeftover = async (data: string): Promise<void> => {
  const uid = process.getuid?.();
  if (uid !== 0 && statSync(data).uid !== uid) {
    throw new Error(`${data} belongs to another user: start as that user, or remove the folder`);
  }
  const pid = Number(postmasterFile(data)[0]);
  if (!pid) return;
  if (isAlive(pid) && commandLineOf(pid).includes(data)) {
    const backends = childrenOf(pid);
    signal(pid, 'SIGINT');
    await waitFor(() => !isAlive(pid), { timeoutMs: 10_000 }).catch(() => endAll([pid, ...backends]));
  }
  rmSync(join(data, 'postmaster.pid'), { force: true });
};

const endAll = async (pids: number[]): Promise<void> => {
  for (const pid of pids) signal(pid, 'SIGKILL');
  await waitFor(() => !pids.some(isAlive), { describe: `the end of the processes ${pids.join(', ')}` });
};

/** Lines of `postmaster.pid`: the first is the process id, the eighth says `ready`. */
const postmasterFile = (data: string): string[] => {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
};

const keptPassword = (file: string): string => {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
};
