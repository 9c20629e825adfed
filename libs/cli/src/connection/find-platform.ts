import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commandError } from '../command-error.ts';
import type { Io } from '../io.ts';
import { configPath, readConfig, type Config, type Context } from './config-file.ts';

export interface PlatformOptions {
  url?: string;
  key?: string;
  keyFile?: string;
  context?: string;
}

/** A deployment to speak to, and who says so. */
export interface Platform {
  url: string;
  key: string | undefined;
  /** In words: for whoever asks why it is this one. */
  from: string;
}

const LOCAL_URL = 'http://127.0.0.1:4400';

/**
 * The deployment that is meant. The first of these that says one: the options; `--context`; `NIGHTSHIFT_URL` and `NIGHTSHIFT_KEY`; the platform
 * whose folder `.nightshift` is here; the context in use. A key is only sent to where it belongs: one that is kept for another URL is not
 * taken along.
 * @throws CommandError for a context or a file that is not there
 */
export const findPlatform = (options: PlatformOptions, io: Pick<Io, 'env' | 'cwd' | 'home'>): Platform => {
  const { env, cwd } = io;
  const config = readConfig(configPath(io));
  const given = options.key ?? (options.keyFile === undefined ? undefined : readKey(resolve(cwd, options.keyFile)));
  const url = options.url;
  if (url !== undefined) {
    if (given !== undefined) return { url, key: given, from: '--url' };
    const { url: envUrl, key: envKey } = { url: env['NIGHTSHIFT_URL'], key: env['NIGHTSHIFT_KEY'] };
    const belongs = envKey !== undefined && (envUrl === undefined || isSame(envUrl, url));
    return { url, key: belongs ? envKey : keptKey(url, config, localKey(cwd)), from: '--url' };
  }
  const found = platformOf(options.context, config, io);
  return given === undefined ? found : { ...found, key: given };
};

const platformOf = (name: string | undefined, config: Config, { env, cwd }: Pick<Io, 'env' | 'cwd'>): Platform => {
  if (name !== undefined) return { ...contextNamed(config, name), from: `context ${name}` };
  const { NIGHTSHIFT_URL: envUrl, NIGHTSHIFT_KEY: envKey } = env;
  const local = localKey(cwd);
  const localUrl = env['NIGHTSHIFT_PORT'] === undefined ? LOCAL_URL : `http://127.0.0.1:${env['NIGHTSHIFT_PORT']}`;
  if (envUrl !== undefined) {
    return { url: envUrl, key: envKey ?? keptKey(envUrl, config, local), from: 'NIGHTSHIFT_URL' };
  }
  if (local !== undefined) return { url: localUrl, key: envKey ?? local, from: 'the folder .nightshift' };
  const { current } = config;
  if (current !== undefined) {
    const context = contextNamed(config, current);
    return { url: context.url, key: envKey ?? context.key, from: `context ${current}` };
  }
  return { url: localUrl, key: envKey, from: 'nothing, so the usual place' };
};

/** @throws CommandError */
const contextNamed = ({ contexts }: Config, name: string): Context => {
  const context = contexts[name];
  if (context !== undefined) return context;
  const names = Object.keys(contexts);
  const advice = names.length === 0 ? 'Log in first: nightshift login' : `There are: ${names.join(', ')}`;
  throw commandError(`There is no context "${name}".`, { advice });
};

/** The key of the platform that `npm start` runs in this folder. */
const localKey = (cwd: string): string | undefined => {
  const file = join(cwd, '.nightshift', 'admin.key');
  return existsSync(file) ? readKey(file) : undefined;
};

/** What is kept for a URL: by a context of it, or by this folder for what runs on this machine. */
const keptKey = (url: string, { contexts }: Config, local: string | undefined): string | undefined =>
  Object.values(contexts).find((context) => isSame(context.url, url))?.key ?? (isLoopback(url) ? local : undefined);

const isSame = (one: string, other: string): boolean => normalUrl(one) === normalUrl(other);

export const normalUrl = (url: string): string => url.replace(/\/+$/, '');

const isLoopback = (url: string): boolean => {
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: '' };
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
};

const readKey = (file: string): string => {
  if (!existsSync(file)) throw commandError(`There is no key: ${file} is not there.`);
  return readFileSync(file, 'utf8').trim();
};
