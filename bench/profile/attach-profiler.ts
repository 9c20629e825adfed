import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { signal, waitFor, type Service } from '@nightshift/testing';
import type { CpuProfile } from './self-times.ts';

export interface Profiler {
  start(): Promise<void>;
  /** Ends the connection too. */
  stop(): Promise<CpuProfile>;
}

/** Smaller costs the service more; larger sees less of short functions. */
const samplingIntervalUs = 500;

/**
 * Asks a running service for its debugger (SIGUSR1, as Node offers it) and speaks to its profiler, so that exactly the measured
 * stretch is sampled; `--cpu-prof` would count the start and the warm-up too. The port must be free: start it with
 * `--inspect-port=0`.
 */
export const attachProfiler = async ({ pid, logFile, name }: Service): Promise<Profiler> => {
  signal(pid, 'SIGUSR1');
  const url = await waitFor(() => /Debugger listening on (ws:\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1], {
    describe: `the debugger of ${name}`,
  });
  const socket = new WebSocket(url);
  await once(socket, 'open');

  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } };
    const asked = waiting.get(answer.id ?? 0);
    if (answer.error) asked?.reject(new Error(answer.error.message));
    else asked?.resolve(answer.result);
  });
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = waiting.size + 1;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });

  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: samplingIntervalUs });
  return {
    start: async () => void (await ask('Profiler.start')),
    stop: async () => {
      const { profile } = (await ask('Profiler.stop')) as { profile: CpuProfile };
      socket.close();
      return profile;
    },
  };
};
