import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const directory = fileURLToPath(new URL('.', import.meta.url));

/** 250 MB, so ten minutes on a slow line. */
const installWithinMs = 600_000;

/** Installs the pinned engines if they are not; to be called before a peer is started. No package's scripts are run. */
export const installPeers = async (): Promise<void> => {
  if (await isInstalled()) return;
  await promisify(execFile)('npm', ['ci', '--prefix', directory, '--ignore-scripts', '--no-audit', '--no-fund'], {
    timeout: installWithinMs,
  });
};

const isInstalled = async (): Promise<boolean> => {
  const { dependencies } = (await readJson('package.json')) as { dependencies: Record<string, string> };
  const installed = await Promise.all(
    Object.entries(dependencies).map(async ([name, pinned]) => {
      const { version } = (await readJson(`node_modules/${name}/package.json`).catch(() => ({}))) as {
        version?: string;
      };
      return version === pinned;
    }),
  );
  return installed.every(Boolean);
};

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(`${directory}${path}`, 'utf8'));
