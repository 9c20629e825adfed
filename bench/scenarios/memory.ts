import { setTimeout as sleep } from 'node:timers/promises';
import { loadEndpoint } from '../load/measure-endpoint.ts';
import type { Platform } from '../platform/platform.ts';
import { largest, readMemory, type MemoryUse } from '../watch/memory-use.ts';
import { publishThreeSteps } from './three-steps.ts';

export interface MemoryFigures {
  idle: MemoryUse;
  /** The most that was seen while 100 callers waited. */
  underLoad: MemoryUse;
}

/** Smaller sees what starting up has not given back yet. */
const settleMs = 5_000;
const readEveryMs = 500;

/** What each process holds after the start with nothing to do, and with runs of three steps as fast as they go. */
export const measureMemory = async (platform: Platform, { seconds }: { seconds: number }): Promise<MemoryFigures> => {
  await sleep(settleMs);
  const idle = readMemory(platform);
  const { endpoint } = await publishThreeSteps(platform);
  let underLoad: MemoryUse = {};
  const reading = setInterval(() => (underLoad = largest(underLoad, readMemory(platform))), readEveryMs);
  try {
    await loadEndpoint({ ...endpoint, seconds, warmupSeconds: 2 });
  } finally {
    clearInterval(reading);
  }
  return { idle, underLoad };
};
