import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { streams } from '@nightshift/contracts';
import { findNatsServer } from './nats-server-binary.ts';
import { startProcess, type RunningProcess } from './running-process.ts';

export interface NatsServerOptions {
  /** Everything of this server lives here: its configuration, `jetstream`, the log unless told otherwise. */
  directory: string;
  port: number;
  /** Where its HTTP monitoring listens; none unless told. */
  monitorPort?: number;
  /** Of the user `nightshift`, who may do everything; generated unless given. */
  password?: string;
  /** Of the user `subscriber`, who may only read `ns.run.>`; generated unless given. */
  subscriberPassword?: string;
  /** `nats-server.log` in the folder unless told. */
  logFile?: string;
  /** Progress of fetching the program, which the first start on a machine may have to do. */
  onProgress?: (line: string) => void;
}

export interface NatsServer {
  /** With the credentials of the user `nightshift`. */
  readonly url: string;
  /** With the credentials of the user `subscriber`, whose inbox prefix is `_INBOX_subscriber`. */
  readonly subscriberUrl: string;
  readonly monitorUrl: string | undefined;
  readonly port: number;
  readonly pid: number;
  /** JetStream's storage: what a test deletes to show that nothing depends on it. */
  readonly storageDirectory: string;
  readonly exited: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts again on the same folder and port what was stopped or killed. */
  restart(): Promise<void>;
}

/**
 * Starts a nats-server with JetStream on 127.0.0.1. The subscriber may not use the common `_INBOX.>`, where it would
 * see the answers to everybody else's requests. Rejects with the end of the server's log, or with one sentence saying
 * what to install when there is no usable nats-server and none can be fetched.
 */
export const startNatsServer = async (options: NatsServerOptions): Promise<NatsServer> => {
  const directory = resolve(options.directory);
  const storageDirectory = join(directory, 'jetstream');
  mkdirSync(storageDirectory, { recursive: true });
  const command = await findNatsServer(options.onProgress);
  const password = options.password ?? randomBytes(18).toString('base64url');
  const subscriberPassword = options.subscriberPassword ?? randomBytes(18).toString('base64url');
  const configFile = join(directory, 'nats-server.conf');
  const logFile = options.logFile ?? join(directory, 'nats-server.log');

  const start = (): Promise<RunningProcess> => {
    writeFileSync(configFile, configuration(options, storageDirectory, password, subscriberPassword), { mode: 0o600 });
    const alreadyLogged = existsSync(logFile) ? statSync(logFile).size : 0;
    return startProcess({
      name: 'nats-server',
      command,
      args: ['--config', configFile],
      cwd: directory,
      env: { PATH: process.env.PATH },
      logFile,
      stopSignal: 'SIGTERM',
      orphanSignal: 'TERM',
      stopTimeoutMs: 10_000,
      isReady: () => readFrom(logFile, alreadyLogged).includes('Server is ready'),
      readyTimeoutMs: 60_000,
    });
  };

  let server = await start();
  const urlOf = (user: string, secret: string) => `nats://${user}:${secret}@127.0.0.1:${options.port}`;
  return {
    url: urlOf('nightshift', password),
    subscriberUrl: urlOf('subscriber', subscriberPassword),
    monitorUrl: options.monitorPort === undefined ? undefined : `http://127.0.0.1:${options.monitorPort}`,
    port: options.port,
    get pid() {
      return server.pid;
    },
    storageDirectory,
    get exited() {
      return server.exited;
    },
    isRunning: () => server.isRunning(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      server = await start();
    },
  };
};

const configuration = (
  { port, monitorPort }: NatsServerOptions,
  storageDirectory: string,
  password: string,
  subscriberPassword: string,
): string => `server_name: nightshift
listen: "127.0.0.1:${port}"
${monitorPort === undefined ? '' : `http: "127.0.0.1:${monitorPort}"`}
jetstream { store_dir: ${JSON.stringify(storageDirectory)} }
authorization {
  users = [
    { user: nightshift, password: ${JSON.stringify(password)} }
    {
      user: subscriber, password: ${JSON.stringify(subscriberPassword)}
      permissions { publish: { deny: ">" }, subscribe: { allow: ${JSON.stringify(readable)} } }
    }
  ]
}
`;

/** The run feed, and an inbox of its own. */
const readable = [...streams.runEvents.subjects, '_INBOX_subscriber.>'];

const readFrom = (file: string, position: number): string => {
  const length = statSync(file).size - position;
  if (length <= 0) return '';
  const buffer = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, length, position));
  } finally {
    closeSync(descriptor);
  }
};
