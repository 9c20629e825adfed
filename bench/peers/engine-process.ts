import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PeerEnvironment, RunningPeer } from './peer.ts';

/** A cold Restate server on a busy machine needs about ten seconds. */
const startWithinMs = 60_000;

/** Engines finish the runs in hand first, which takes them well under a second. */
const stopWithinMs = 10_000;

/**
 * Runs an engine in processes of its own, so that its work and the load generator's are not one event loop.
 *
 * The script calls `serveEngine`, which reports over the IPC channel where callers are answered and ends the engine when that
 * channel closes: an engine does not outlive the benchmark, even one that was killed. It leads a process group, so that what
 * it started can be killed with it.
 */
export const startEngineProcess = async <Environment extends PeerEnvironment>(
  script: URL,
  environment: Environment,
  variables: Record<string, string> = {},
): Promise<RunningPeer> => {
  const logFile = join(environment.directory, 'engine.log');
  const log = openSync(logFile, 'a');
  const engine = spawn(process.execPath, [fileURLToPath(script), JSON.stringify(environment)], {
    detached: true,
    cwd: environment.directory,
    // Not the whole of process.env: a PGOPTIONS or RESTATE_… of the caller's shell would change what is measured.
    env: { PATH: process.env.PATH, HOME: environment.directory, NODE_ENV: 'production', ...variables },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    engine.once('exit', () => resolve());
    engine.once('error', () => resolve());
  });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopGroup(engine, ended));

  try {
    const url = await Promise.race([
      once(engine, 'message').then(([message]) => (message as { url: string }).url),
      ended.then(() => {
        throw new Error('it ended before it was ready');
      }),
      sleep(startWithinMs, undefined, { ref: false }).then(() => {
        throw new Error(`it was not ready in ${startWithinMs} ms`);
      }),
    ]);
    return { url, stop };
  } catch (cause) {
    await stop();
    const lastLines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`${fileURLToPath(script)} did not start; its last output:\n${lastLines}`, { cause });
  }
};

const stopGroup = async (engine: ChildProcess, ended: Promise<void>): Promise<void> => {
  if (engine.connected) engine.disconnect();
  await Promise.race([ended, sleep(stopWithinMs, undefined, { ref: false })]);
  // The leader may be gone with a child of its still there.
  if (engine.pid !== undefined) killGroup(engine.pid);
  await ended;
};

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
