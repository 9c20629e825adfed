import { createClient, type Client } from '@nightshift/client';
import { commandError } from './command-error.ts';
import { findPlatform, type Platform, type PlatformOptions } from './connection/find-platform.ts';
import type { Circumstances } from './explain.ts';
import type { Io } from './io.ts';
import { makeScreen, type Screen } from './output/screen.ts';

/** Options that every command has. */
export interface CommonOptions extends PlatformOptions {
  json?: boolean;
  quiet?: boolean;
}

/** One command at work. */
export interface Session {
  io: Io;
  screen: Screen;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Found when it is asked for first: not every command needs one. */
  readonly platform: Platform;
  readonly client: Client;
  /** Sends a request that the client has no method for. @throws TypeError of `fetch` */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Notes what the command is about, for a better word if that is not there. */
  about(kind: 'workflow' | 'type', name: string): void;
  circumstances(): Circumstances;
}

/** Somebody is waiting: what is away for longer than a moment is told. */
const RETRIES = 1;

export const openSession = (io: Io, options: CommonOptions): Session => {
  let platform: Platform | undefined;
  let client: Client | undefined;
  let subject: Circumstances['subject'];
  const getPlatform = (): Platform => (platform ??= checkedPlatform(findPlatform(options, io)));
  const getClient = (): Client => {
    const { url, key } = getPlatform();
    return (client ??= createClient({ url, ...(key !== undefined && { key }), retries: RETRIES }));
  };
  return {
    io,
    screen: makeScreen(io, options),
    signal: io.interrupted,
    get platform() {
      return getPlatform();
    },
    get client() {
      return getClient();
    },
    fetch: (path, init = {}) => {
      const { url, key } = getPlatform();
      const headers = new Headers(init.headers);
      if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
      return fetch(url.replace(/\/+$/, '') + path, { ...init, headers });
    },
    about: (kind, name) => {
      subject = { kind, name };
    },
    circumstances: () => ({ platform, ...(subject && { subject }), ...(client && { client }) }),
  };
};

/** @throws CommandError */
const checkedPlatform = (platform: Platform): Platform => {
  if (/^https?:\/\//.test(platform.url) && URL.canParse(platform.url)) return platform;
  throw commandError(`"${platform.url}" is no URL of a gateway (from ${platform.from}).`, {
    advice: 'It begins with http:// or https://.',
  });
};
