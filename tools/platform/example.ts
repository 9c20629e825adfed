import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { step } from './progress.ts';

interface Loader {
  load(options: { gatewayUrl: string; adminKey: string }): Promise<void>;
}

/** Loads the example application once per data folder; the folder remembers it, so that what is deleted stays deleted. */
export const loadExampleOnce = async (directory: string, gatewayUrl: string, adminKey: string): Promise<void> => {
  const loaded = join(directory, 'example-loaded');
  const loader = join(workspaceRoot, 'examples', 'five-ways', 'load.ts');
  if (existsSync(loaded) || !existsSync(loader)) return;
  await step('example application five-ways', async () => {
    const { load } = (await import(loader)) as Loader;
    await load({ gatewayUrl, adminKey });
  });
  writeFileSync(loaded, '');
};
