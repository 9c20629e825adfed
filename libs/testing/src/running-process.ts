import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { signal } from './process-table.ts';
import { forget, watch } from './watchdog.ts';

export interface ProcessOptions {
  /** How messages call it, for example `postgres` or `executor 2`. */
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** Output and errors are appended here. */
  logFile: string;
  /** What `stop` sends. */
  stopSignal: NodeJS.Signals;
  /** What it gets if this process dies without stopping it. */
  orphanSignal: 'TERM' | 'QUIT' | 'KILL';
  /** After this, `stop` kills. */
  stopTimeoutMs: number;
  isReady: () => boolean | Promise<boolean>;
  readyTimeoutMs: number;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves, never rejects, when the process has ended: an exit code or the name of a signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  /** Asks it to end and waits until it has; kills it when it takes too long. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a process in a session of its own (Ctrl-C reaches only us, and we decide the order of stopping) and waits
 * until `isReady`. Rejects at once, with the last lines of the log, when it ends before that, and when it is not
 * ready in time, in which case it is killed. It ends with this process, whatever that dies of.
 */
export const startProcess = async (options: ProcessOptions): Promise<RunningProcess> => {
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    uid: options.uid,
    gid: options.gid,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);

  let ended: number | NodeJS.Signals | undefined;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', () => resolve((ended = 127)));
    child.once('exit', (code, by) => resolve((ended = by ?? code ?? 1)));
  });
  const { pid } = child;
  if (pid === undefined) {
    await exited;
    throw new Error(`${options.name} could not be started: is ${options.command} there and executable?`);
  }
  watch(pid, options.orphanSignal);
  void exited.then(() => forget(pid));

  const kill = async (): Promise<void> => {
    if (ended !== undefined) return;
    child.ref();
    signal(pid, 'SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    if (ended !== undefined) return;
    child.ref();
    signal(pid, options.stopSignal);
    const patience = new AbortController();
    await Promise.race([exited, delay(options.stopTimeoutMs, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    await kill();
  };

  const deadline = Date.now() + options.readyTimeoutMs;
  for (;;) {
    const isReady = await options.isReady();
    if (ended !== undefined) {
      throw new Error(`${options.name} ended (${ended}) before it was ready${lastLines(options.logFile)}`);
    }
    if (isReady) break;
    if (Date.now() > deadline) {
      await kill();
      throw new Error(`${options.name} was not ready after ${options.readyTimeoutMs} ms${lastLines(options.logFile)}`);
    }
    await Promise.race([exited, delay(20)]);
  }
  child.unref();
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    exited,
    isRunning: () => ended === undefined,
    stop,
    kill,
  };
};

/** The end of a log as the end of a sentence: a colon and up to twenty lines, or a hint that it is empty. */
export const lastLines = (logFile: string): string => {
  let text = '';
  try {
    text = readFileSync(logFile, 'utf8').trimEnd();
  } catch {
    // A log that cannot be read is shown as an empty one.
  }
  if (text === '') return ` (${logFile} is empty)`;
  return `; the end of ${logFile}:\n${text.split('\n').slice(-20).join('\n')}`;
};
