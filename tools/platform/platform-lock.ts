import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf, isAlive, signal, waitFor, workspaceRoot } from '@nightshift/testing';

/** What the lock file holds: who runs the platform, and the processes that belong to it. */
interface Holder {
  pid: number;
  url: string;
  children: Record<string, number>;
}

export interface PlatformLock {
  /** Notes the processes, so that the next start finds them should we die without stopping them. */
  noteChildren(children: Record<string, number>): void;
  release(): void;
}

/**
 * One platform per data folder. Throws when one runs. A lock whose owner has died is taken over: what it left running is
 * stopped first, recognised by its process id and its command line, because ids are used again.
 */
export const lockPlatform = async (
  directory: string,
  url: string,
  onOrphan: (name: string) => void,
): Promise<PlatformLock> => {
  const file = join(directory, 'platform.json');
  const holder = readHolder(file);
  if (holder !== undefined) {
    if (isPlatform(holder.pid)) {
      throw new Error(
        `Nightshift already runs here as process ${holder.pid}, at ${holder.url}. ` +
          `Stop it with Ctrl-C in its terminal or kill ${holder.pid}, or start another with --directory and other ports.`,
      );
    }
    await stopOrphans(holder, directory, onOrphan);
    rmSync(file, { force: true });
  }

  const ours: Holder = { pid: process.pid, url, children: {} };
  writeFileSync(file, JSON.stringify(ours), { flag: 'wx' });
  return {
    noteChildren: (children) => {
      writeFileSync(`${file}.new`, JSON.stringify({ ...ours, children } satisfies Holder));
      renameSync(`${file}.new`, file);
    },
    release: () => rmSync(file, { force: true }),
  };
};

const isPlatform = (pid: number): boolean =>
  pid !== process.pid && isAlive(pid) && commandLineOf(pid).includes('platform/start.ts');

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

const stopOrphans = async (holder: Holder, directory: string, onOrphan: (name: string) => void): Promise<void> => {
  const isOurs = (pid: number): boolean => {
    const commandLine = commandLineOf(pid);
    return isAlive(pid) && (commandLine.includes(directory) || commandLine.includes(join(workspaceRoot, 'apps')));
  };
  const orphans = Object.entries(holder.children).filter(([, pid]) => isOurs(pid));
  for (const [name, pid] of orphans) {
    onOrphan(name);
    signal(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }
  const areGone = (): boolean => !orphans.some(([, pid]) => isOurs(pid));
  await waitFor(areGone, { timeoutMs: 15_000 }).catch(async () => {
    for (const [, pid] of orphans) if (isOurs(pid)) signal(pid, 'SIGKILL');
    await waitFor(areGone, { describe: 'the end of what an earlier platform left running' });
  });
};
