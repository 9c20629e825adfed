import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A zombie, and one whose parent is just taking note of its end: proc(5). */
const gone: ReadonlySet<string> = new Set(['Z', 'X', 'x']);

/** Whether a process of this id exists, ours or another's; one that has ended counts as gone, whoever has still to be told. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // It may have gone since: where there is /proc, a process that is not there is none.
  const stat = statOf(pid);
  return stat === undefined ? !hasProc : !gone.has(stat.state);
};

/** The words of the process's command line joined by blanks; empty if there is no such process. */
export const commandLineOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return hasProc ? '' : ps(['-o', 'command=', '-p', String(pid)]).trim();
  }
};

/** The ids of the processes whose parent is `pid`. */
export const childrenOf = (pid: number): number[] => {
  if (hasProc) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((candidate) => statOf(candidate)?.parent === pid);
  }
  return ps(['-A', '-o', 'ppid=,pid='])
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([parent]) => parent === pid)
    .map(([, child]) => child as number);
};

/** Sends a signal; a process that is already gone is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const hasProc = ((): boolean => {
  try {
    return readFileSync('/proc/self/stat', 'utf8').length > 0;
  } catch {
    return false;
  }
})();

/** State and parent from `/proc/<pid>/stat`, whose second field is the name in brackets and may hold anything. */
const statOf = (pid: number): { state: string; parent: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
};

const ps = (args: string[]): string => {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
};
