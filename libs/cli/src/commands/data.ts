import type { SearchBody, Thing } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import { readAll, readSecret } from '../connection/read-secret.ts';
import type { Define } from '../define.ts';
import { shortJson } from '../output/describe-event.ts';
import type { Column } from '../output/table.ts';
import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import { pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

interface SearchOptions extends PageOptions {
  where?: string;
  sort?: string;
  count?: boolean;
}

const fieldOptions = parameterOptions.map(
  ([flags, means]) => [flags, means.replace(/^a parameter/, 'a field').replace(/^parameters/, 'fields')] as const,
);

const cell = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : shortJson(value, 40);

/** All fields but those that say little about a thing. */
const columnsOf = (things: readonly Thing[]): Column<Thing>[] => {
  const names = new Set(things.flatMap((thing) => Object.keys(thing)));
  return [...names]
    .filter((name) => !['createdAt', 'updatedAt', 'createdBy'].includes(name))
    .map((name) => ({ title: name, of: (thing) => cell(thing[name]) }));
};

/** The application's data, and secrets. */
export const addData = (define: Define): void => {
  const { command, group } = define;
  group('things', "the application's data");
  command<SearchOptions>('things search <type>', {
    does: 'finds things',
    options: [
      ['--where <json>', 'only those that fit: {"plan": "pro"}'],
      ['--sort <field>', 'by a field; -field for the highest first'],
      ['--count', 'says how many there are'],
      ...pageOptions,
    ],
    action: async (session, { where, sort, count, ...page }, type) => {
      session.about('type', type!);
      const { client, screen } = session;
      const found = await client.things.search(type!, {
        ...(where && { where: readWhere(where) }),
        ...(sort && { sort: [sort] as SearchBody['sort'] }),
        ...(count && { count }),
        ...readPage(page),
      });
      screen.table(columnsOf(found.items), found.items, found);
      if (count === true && !screen.isJson) screen.line(`${found.count} in all`);
      tellMore(screen, found);
    },
  });
  command('things get <type> <id>', {
    does: 'one thing',
    action: async (session, _options, type, id) => {
      session.about('type', type!);
      const thing = await session.client.things.get(type!, id!);
      session.screen.answer(thing, JSON.stringify(thing, null, 2));
    },
  });
  command<ParameterOptions>('things create <type>', {
    does: 'makes a thing',
    options: fieldOptions,
    action: async (session, given, type) => {
      session.about('type', type!);
      const thing = await session.client.things.create(type!, await readParameters(given, session.io));
      session.screen.answer(thing, thing.id);
    },
  });
  command<ParameterOptions>('things change <type> <id>', {
    does: 'changes fields of a thing',
    options: fieldOptions,
    action: async (session, given, type, id) => {
      session.about('type', type!);
      const thing = await session.client.things.change(type!, id!, await readParameters(given, session.io));
      session.screen.answer(thing, JSON.stringify(thing, null, 2));
    },
  });
  command('things delete <type> <id>', {
    does: 'deletes a thing',
    action: async (session, _options, type, id) => {
      session.about('type', type!);
      const thing = await session.client.things.delete(type!, id!);
      session.screen.answer(thing, `${thing.id} is deleted.`);
    },
  });
  addSecrets(define);
};

const addSecrets = ({ command, group }: Define): void => {
  group('secrets', 'what workflows use and nobody can read');
  command('secrets list', {
    does: 'their names',
    action: async ({ client, screen }) => {
      const secrets = await client.secrets.list();
      const columns = [
        { title: 'name', of: ({ name }: { name: string }) => name },
        { title: 'updated', of: ({ updatedAt }: { updatedAt: string }) => updatedAt },
      ] as Column<(typeof secrets)[number]>[];
      screen.table(columns, secrets, secrets);
    },
  });
  command('secrets set <name>', {
    does: 'keeps one; its value is typed in, or piped in whole',
    action: async ({ client, screen, io }, _options, name) => {
      const isTyped = io.stdin.isTTY === true;
      const value = isTyped
        ? await readSecret(io, `Value of ${name}: `)
        : (await readAll(io.stdin)).replace(/\r?\n$/, '');
      if (value === undefined || value === '') throw commandError('No value was given.');
      await client.secrets.put(name!, value);
      screen.note(`${name} is kept.`);
    },
  });
  command('secrets remove <name>', {
    does: 'forgets one',
    action: async ({ client, screen }, _options, name) => {
      await client.secrets.delete(name!);
      screen.note(`${name} is forgotten.`);
    },
  });
};

const readWhere = (text: string): SearchBody['where'] => {
  try {
    return JSON.parse(text) as SearchBody['where'];
  } catch (error) {
    throw commandError(`--where is not JSON: ${(error as Error).message}`, { cause: error });
  }
};
