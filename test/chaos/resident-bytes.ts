import { readFileSync } from 'node:fs';

/** What a process holds in memory. Linux only; 0 elsewhere, and for a process that is just being killed. */
export const residentBytes = (pid: number | undefined): number => {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
};
