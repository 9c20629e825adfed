import { postgresPrefix } from '../watch/processes.ts';
import type { CpuUse } from '../watch/cpu-use.ts';
import { tenths, whole } from './text-table.ts';

/** Rows: processor time per unit of work and share of a core, by process; Postgres as a whole, then what of it was for whom. */
export const cpuTable = (cpu: CpuUse, count: number, unit: string): string[][] => {
  const rowOf = (name: string, seconds: number): string[] => [
    name,
    whole((seconds * 1e6) / count),
    tenths((100 * seconds) / cpu.seconds),
  ];
  const entries = Object.entries(cpu.byProcess).filter(([, seconds]) => seconds > 0);
  const isPostgres = ([name]: [string, number]): boolean => name.startsWith(postgresPrefix);
  const backends = entries.filter(isPostgres).sort(([, one], [, other]) => other - one);
  const sum = (some: [string, number][]): number => some.reduce((total, [, seconds]) => total + seconds, 0);
  return [
    ['process', `µs per ${unit}`, '% of a core'],
    ...entries.filter((entry) => !isPostgres(entry)).map(([name, seconds]) => rowOf(name, seconds)),
    rowOf('postgres', sum(backends)),
    ...backends.map(([name, seconds]) => rowOf(`· ${name.slice(postgresPrefix.length)}`, seconds)),
    rowOf('together', sum(entries)),
    rowOf('others on this machine', cpu.others),
    ['all cores', '', tenths(100 * cpu.cores)],
  ];
};
