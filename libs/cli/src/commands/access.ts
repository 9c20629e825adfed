import { createClient, NightshiftError } from '@nightshift/client';
import type { Identity } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import { configPath, readConfig, writeConfig } from '../connection/config-file.ts';
import { findPlatform, normalUrl } from '../connection/find-platform.ts';
import { readSecret } from '../connection/read-secret.ts';
import type { Define } from '../define.ts';
import type { CommonOptions, Session } from '../session.ts';

export const addAccess = ({ command, group }: Define): void => {
  command<CommonOptions & { name?: string }>('login', {
    does: 'checks an API key and keeps it, for --url or the platform that is meant already',
    options: [['--name <name>', "what the context is called; the URL's host if absent"]],
    action: login,
  });
  command<CommonOptions>('logout', {
    does: 'forgets the key of the context in use, or of --context',
    action: async ({ io, screen }, { context }) => {
      const path = configPath(io);
      const name = context ?? readConfig(path).current;
      if (name === undefined) throw commandError('You are not logged in.');
      removeContext(path, name);
      screen.note(`Logged out of ${name}.`);
    },
  });
  command('whoami', {
    does: 'says whom the key is of, what it allows, and where',
    action: async ({ client, platform, screen }) => {
      const identity = await client.platform.whoami();
      const { caller, starts, version } = identity;
      const lines = [
        `${caller.kind} ${caller.name}, ${roleOf(identity)}`,
        ...(starts.length > 0 ? [`may start ${starts.join(', ')}`] : []),
        `at ${platform.url} (from ${platform.from}), version ${version}`,
      ];
      screen.answer({ ...identity, url: platform.url, from: platform.from }, lines.join('\n'));
    },
  });

  group('context', 'deployments that you have logged in to');
  command('context list', {
    does: 'lists them',
    action: async ({ io, screen }) => {
      const { current, contexts } = readConfig(configPath(io));
      const rows = Object.entries(contexts).map(([name, { url }]) => ({ name, url, isCurrent: name === current }));
      screen.table(
        [
          { title: '', of: ({ isCurrent }) => (isCurrent ? '*' : '') },
          { title: 'name', of: ({ name }) => name },
          { title: 'url', of: ({ url }) => url },
        ],
        rows,
        rows,
      );
    },
  });
  command('context use <name>', {
    does: 'makes one the one in use',
    action: async ({ io, screen }, _options, name) => {
      const path = configPath(io);
      const config = readConfig(path);
      assertContext(config.contexts, name!);
      writeConfig(path, { ...config, current: name! });
      screen.note(`${name} is in use: ${config.contexts[name!]!.url}`);
    },
  });
  command('context delete <name>', {
    does: 'forgets one, with its key',
    action: async ({ io, screen }, _options, name) => {
      removeContext(configPath(io), name!);
      screen.note(`${name} is forgotten.`);
    },
  });
};

const roleOf = ({ role }: Identity): string => (role === null ? 'without a role' : `role ${role}`);

const login = async ({ io, screen }: Session, options: CommonOptions & { name?: string }): Promise<void> => {
  const { url, key: known } = findPlatform(options, io);
  const isGiven = options.key !== undefined || options.keyFile !== undefined;
  const key = isGiven ? known : await readSecret(io, `API key for ${url}: `);
  if (key === undefined)
    throw commandError('No key was given.', { advice: 'Type it, or pipe it in: nightshift login < key' });
  const identity = await createClient({ url, key })
    .platform.whoami()
    .catch((error: unknown) => {
      if (!(error instanceof NightshiftError) || error.status !== 401) throw error;
      throw commandError(`${url} does not know this key; nothing is kept.`, {
        advice: 'Look whether it is whole, and of this deployment.',
        cause: error,
      });
    });
  const path = configPath(io);
  const config = readConfig(path);
  const name = options.name ?? options.context ?? new URL(url).host;
  writeConfig(path, { current: name, contexts: { ...config.contexts, [name]: { url: normalUrl(url), key } } });
  screen.answer(
    { context: name, url, ...identity },
    `Logged in to ${url} as ${identity.caller.name}, ${roleOf(identity)}; kept as context ${name}.`,
  );
};

const assertContext = (contexts: object, name: string): void => {
  if (Object.hasOwn(contexts, name)) return;
  throw commandError(`There is no context "${name}".`, { advice: 'nightshift context list names them.' });
};

const removeContext = (path: string, name: string): void => {
  const { current, contexts } = readConfig(path);
  assertContext(contexts, name);
  const { [name]: _forgotten, ...rest } = contexts;
  writeConfig(path, { ...(current !== undefined && current !== name && { current }), contexts: rest });
};
