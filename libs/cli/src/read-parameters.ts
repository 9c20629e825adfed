import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { commandError } from './command-error.ts';
import { readAll } from './connection/read-secret.ts';
import type { Io } from './io.ts';

export interface ParameterOptions {
  /** `key=value`. */
  p?: string[];
  /** A file, or `-`. */
  parameters?: string;
}

export const parameterOptions = [
  [
    '-p <key=value>...',
    'a parameter; the value is JSON if it reads as JSON, otherwise a text; a key may be a path: user.id',
  ],
  ['--parameters <file>', 'parameters as JSON or YAML, from a file, or from the standard input with -'],
] as const;

/**
 * Parameters as they were given, those by `-p` over those of the file.
 * @throws CommandError for what cannot be read
 */
export const readParameters = async (
  { p = [], parameters }: ParameterOptions,
  io: Pick<Io, 'stdin' | 'cwd'>,
): Promise<Record<string, unknown>> => {
  const all = parameters === undefined ? {} : readObject(await readText(parameters, io), parameters);
  for (const pair of p) setPair(all, pair);
  return all;
};

/** What a file holds, or what is piped in. @throws CommandError */
export const readText = async (file: string, { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>): Promise<string> => {
  if (file === '-') return readAll(stdin);
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw commandError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
};

/** An object in JSON or YAML. @throws CommandError */
export const readObject = (text: string, file: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw commandError(`${file} is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw commandError(`${file} has to hold an object: names and values.`);
};

/** `1` is a number, `true` a boolean, `{"a":1}` an object; what is not JSON is a text, and so is what is in quotes. */
export const readValue = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const setPair = (into: Record<string, unknown>, pair: string): void => {
  const at = pair.indexOf('=');
  if (at < 1) throw commandError(`"${pair}" is no parameter.`, { advice: 'Write it as key=value.' });
  const path = pair.slice(0, at).split('.');
  const last = path.pop()!;
  let place = into;
  for (const name of path) {
    const inner = Object.hasOwn(place, name) ? place[name] : undefined;
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const next = (isObject ? inner : {}) as Record<string, unknown>;
    define(place, name, next);
    place = next;
  }
  define(place, last, readValue(pair.slice(at + 1)));
};

/** As an own property also where the name is one that objects have, such as `__proto__`. */
const define = (object: Record<string, unknown>, name: string, value: unknown): void => {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
};
