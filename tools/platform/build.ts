import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serviceNames, workspaceRoot } from '@nightshift/testing';

/** Its time is that of the last build that succeeded. */
const stamp = join(workspaceRoot, 'node_modules', '.cache', 'nightshift', 'built');

/** Whether a source, a configuration or the installation is newer than the last build, or a service has none. */
export const isBuildNeeded = (): boolean => {
  const builtAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) return true;
  if (serviceNames.some((app) => !existsSync(join(workspaceRoot, 'apps', app, 'dist', 'main.js')))) return true;
  const inputs = globSync(['{apps,libs}/*/src/**/*', '{apps,libs}/*/{package,tsconfig}.json', 'tsconfig*.json'], {
    cwd: workspaceRoot,
  });
  return inputs.some((input) => statSync(join(workspaceRoot, input)).mtimeMs > builtAt);
};

/** `tsc -b` for everything. Rejects with the compiler's messages. */
export const build = async (abort?: AbortSignal): Promise<void> => {
  const startedAt = new Date();
  const tsc = spawn(process.execPath, [join(workspaceRoot, 'node_modules/typescript/bin/tsc'), '-b'], {
    cwd: workspaceRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: abort,
  });
  let said = '';
  for (const output of [tsc.stdout, tsc.stderr]) output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    tsc.once('error', reject);
    tsc.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the build failed:\n${said.trim()}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, startedAt.toISOString());
};
