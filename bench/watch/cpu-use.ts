import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Platform } from '../platform/platform.ts';
import { postgresPrefix, processesOf } from './processes.ts';

/** Where the processor's time went during a stretch of time. */
export interface CpuUse {
  seconds: number;
  cores: number;
  /** Processor seconds, in user and kernel mode, by process name. */
  byProcess: Record<string, number>;
  /** Processor seconds of everything else on this machine. Much of it, and the figures are too low. */
  others: number;
}

/** `USER_HZ`, which Linux has at 100 on every platform that Node runs on. */
const ticksPerSecond = 100;

/** Begins to watch; the function that it returns ends it. Linux only: elsewhere the use is empty. */
export const watchCpu = (platform: Platform): (() => CpuUse) => {
  const before = snapshot(platform);
  return () => {
    const after = snapshot(platform);
    const byProcess: Record<string, number> = {};
    const add = (name: string, ticks: number): void => {
      byProcess[name] = (byProcess[name] ?? 0) + ticks / ticksPerSecond;
    };
    for (const [pid, { name, ticks }] of after.processes) add(name, ticks - (before.processes.get(pid)?.ticks ?? 0));
    // A backend that ended meanwhile is found in what the postmaster keeps of its dead children.
    const endedBefore = [...before.processes].filter(([pid]) => !after.processes.has(pid));
    const counted = endedBefore.reduce((sum, [, { ticks }]) => sum + ticks, 0);
    add(`${postgresPrefix}other`, after.reaped - before.reaped - counted);
    const own = Object.values(byProcess).reduce((sum, seconds) => sum + seconds, 0);
    return {
      seconds: (after.at - before.at) / 1_000,
      cores: cpus().length,
      byProcess,
      others: Math.max(0, (after.machine - before.machine) / ticksPerSecond - own),
    };
  };
};

interface Snapshot {
  at: number;
  processes: Map<number, { name: string; ticks: number }>;
  /** Of the ended children of the postmaster. */
  reaped: number;
  /** Everything the machine did. */
  machine: number;
}

const snapshot = (platform: Platform): Snapshot => {
  const processes = new Map(
    processesOf(platform).map(({ pid, name }) => [pid, { name, ticks: ticksOf(pid)?.own ?? 0 }] as const),
  );
  return {
    at: performance.now(),
    processes,
    reaped: ticksOf(platform.cluster.postgres.pid)?.children ?? 0,
    machine: ticksOfMachine(),
  };
};

/** Fields 14 to 17 of `/proc/<pid>/stat`; the second may hold blanks, so counting begins behind it. */
const ticksOf = (pid: number): { own: number; children: number } | undefined => {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, kernel = 0, childrenUser = 0, childrenKernel = 0] = fields.slice(11, 15).map(Number);
  return { own: user + kernel, children: childrenUser + childrenKernel };
};

/** User, nice, system, irq and softirq of all cores: not idle, not waiting for a disk, not stolen by another machine. */
const ticksOfMachine = (): number => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (read('/proc/stat') ?? '')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq;
};

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
