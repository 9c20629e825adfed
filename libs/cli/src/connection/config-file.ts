import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandError } from '../command-error.ts';
import type { Io } from '../io.ts';

/** One deployment that somebody has logged in to. */
export interface Context {
  url: string;
  key: string;
}

export interface Config {
  /** The name of the one that is meant where nothing else is said. */
  current?: string;
  contexts: Record<string, Context>;
}

export const configPath = ({ env, home }: Pick<Io, 'env' | 'home'>): string =>
  join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'nightshift', 'config.json');

/** @throws CommandError if the file is there and cannot be read */
export const readConfig = (path: string): Config => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: {} };
    throw commandError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { current, contexts = {} } = JSON.parse(text) as Partial<Config>;
    return { ...(current !== undefined && { current }), contexts };
  } catch (error) {
    throw commandError(`${path} is not JSON`, { advice: 'Repair it, or remove it and log in again.', cause: error });
  }
};

/** Whole or not at all, and for nobody else to read: it holds keys. */
export const writeConfig = (path: string, config: Config): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
};
