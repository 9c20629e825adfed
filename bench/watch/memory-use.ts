import { readFileSync } from 'node:fs';
import type { Platform } from '../platform/platform.ts';
import { loadGenerator, postgresPrefix, processesOf } from './processes.ts';

/** Resident megabytes by process, without the load generator; Postgres is one, because its processes share memory. */
export type MemoryUse = Record<string, number>;

/**
 * RSS of a process of its own; for Postgres the sum of its processes' proportional shares (PSS), since the RSS of each counts the
 * shared buffers again. Linux only: elsewhere it is empty.
 */
export const readMemory = (platform: Platform): MemoryUse => {
  const use: MemoryUse = {};
  for (const { pid, name } of processesOf(platform)) {
    if (name === loadGenerator) continue;
    const isPostgres = name.startsWith(postgresPrefix);
    const kilobytes = isPostgres
      ? (field(`/proc/${pid}/smaps_rollup`, 'Pss') ?? field(`/proc/${pid}/status`, 'RssAnon'))
      : field(`/proc/${pid}/status`, 'VmRSS');
    const row = isPostgres ? 'postgres' : name;
    if (kilobytes !== undefined) use[row] = (use[row] ?? 0) + kilobytes / 1_024;
  }
  return use;
};

/** Row by row the larger of the two. */
export const largest = (one: MemoryUse, other: MemoryUse): MemoryUse => ({
  ...one,
  ...Object.fromEntries(Object.entries(other).map(([name, size]) => [name, Math.max(size, one[name] ?? 0)])),
});

const field = (file: string, name: string): number | undefined => {
  try {
    const value = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
};
