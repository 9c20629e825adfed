import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { startProcess, type RunningProcess } from './running-process.ts';
import { workspaceRoot } from './workspace.ts';

/** The five processes, in the order in which they are started; stopping goes the other way. */
export const serviceNames = ['data', 'trigger', 'scheduler', 'executor', 'gateway'] as const;

export type ServiceName = (typeof serviceNames)[number];

export interface ServiceOptions {
  app: ServiceName;
  /** Where it listens, on 127.0.0.1: health, metrics and, for the gateway, everything else. */
  port: number;
  /** Its configuration; the port and the host are added. */
  env: Record<string, string>;
  logFile: string;
  /** How messages call it; the app's name unless told. */
  name?: string;
  readyTimeoutMs?: number;
}

export interface Service {
  readonly app: ServiceName;
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly logFile: string;
  readonly exited: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  /** SIGTERM, and waits until it has finished or handed back what was in hand. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again with the same settings, stopping it first if it runs. */
  restart(): Promise<void>;
}

/**
 * Node lets a heap grow for as long as there is memory, and collects when it likes. What a scheduler keeps does not grow with its work: bound,
 * it stays at half of what it would take. In a cluster, `deploy/base/scheduler.yaml` says the same.
 */
const heap: Partial<Record<ServiceName, readonly string[]>> = {
  scheduler: ['--max-old-space-size=128', '--max-semi-space-size=8'],
};

/**
 * Starts a built service (`apps/<app>/dist/main.js`) and waits until its `/readyz` answers 200. Rejects at once when
 * the process ends before that, with the last lines of its log, and when it was not built.
 */
export const startService = async (options: ServiceOptions): Promise<Service> => {
  const { app, port, logFile, name = app } = options;
  const main = join(workspaceRoot, 'apps', app, 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build`);
  const url = `http://127.0.0.1:${port}`;

  const start = (): Promise<RunningProcess> =>
    startProcess({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', ...(heap[app] ?? []), main],
      cwd: workspaceRoot,
      env: {
        PATH: process.env.PATH,
        ...options.env,
        NIGHTSHIFT_HTTP_HOST: '127.0.0.1',
        NIGHTSHIFT_HTTP_PORT: String(port),
      },
      logFile,
      stopSignal: 'SIGTERM',
      orphanSignal: 'KILL',
      stopTimeoutMs: 15_000,
      isReady: () => answersReady(url),
      readyTimeoutMs: options.readyTimeoutMs ?? 30_000,
    });

  let running = await start();
  return {
    app,
    name,
    port,
    url,
    logFile,
    get pid() {
      return running.pid;
    },
    get exited() {
      return running.exited;
    },
    isRunning: () => running.isRunning(),
    stop: () => running.stop(),
    kill: () => running.kill(),
    restart: async () => {
      await running.stop();
      running = await start();
    },
  };
};

const answersReady = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
};
