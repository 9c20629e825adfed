import {
  durationMs,
  roles,
  type CreateKeyBody,
  type KeyView,
  type NewKey,
  type RateLimit,
} from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Screen } from '../output/screen.ts';
import type { Column } from '../output/table.ts';
import { readDuration } from '../read-duration.ts';
import { readRate } from '../read-rate.ts';
import type { Session } from '../session.ts';
import { oneOf } from './paging.ts';

const rateOf = ({ requests, perSeconds }: RateLimit): string => `${requests}/${perSeconds}s`;

const columns = (nowMs: number): Column<KeyView>[] => [
  { title: 'key', of: ({ id }) => id },
  { title: 'name', of: ({ name }) => name },
  { title: 'begins', of: ({ beginning }) => beginning },
  { title: 'role', of: ({ role }) => role ?? '-' },
  { title: 'starts', of: ({ starts }) => starts.join(', ') },
  { title: 'payloads', of: ({ seesPayloads }) => (seesPayloads ? 'yes' : 'no') },
  { title: 'rate', of: ({ rateLimit }) => rateLimit && rateOf(rateLimit) },
  { title: 'used', of: ({ lastUsedAt }) => relativeTime(lastUsedAt, nowMs) },
  {
    title: 'good until',
    of: ({ expiresAt, revokedAt }) => (revokedAt === null ? relativeTime(expiresAt, nowMs) : 'revoked'),
  },
];

interface CreateOptions {
  role?: string;
  starts?: string[];
  expiresIn?: string;
  payloads: boolean;
  rate?: string;
  user?: string;
}

/** Who may come in. */
export const addKeys = ({ command, group }: Define): void => {
  group('keys', 'who may come in, and what for');
  command<{ revoked?: boolean }>('keys list', {
    does: 'those that are not revoked, the newest first',
    options: [['--revoked', 'with those that are']],
    action: async ({ client, screen }, { revoked = false }) => {
      const keys = await client.keys.list({ ...(revoked && { revoked }) });
      screen.table(columns(Date.now()), keys, keys);
    },
  });
  command<CreateOptions>('keys create <name>', {
    does: 'makes a key, and says it this one time',
    options: [
      ['--role <role>', `${roles.join(', ')}; without one it may only start what --starts names`],
      ['--starts <workflow>...', 'a workflow that it may start whatever its role; send-* for all that begin so'],
      ['--expires-in <duration>', 'how long it is good: 90d'],
      ['--no-payloads', 'it does not see what runs were given, did and returned'],
      ['--rate <rate>', 'how often it may ask: 600/1m'],
      ['--user <id>', 'everything is asked for as this user'],
    ],
    action: async ({ client, screen }, options, name) => {
      const made = await client.keys.create(bodyOf(name!, options));
      tell(screen, made, 'is made');
    },
  });
  command<{ overlap?: string }>('keys rotate <key>', {
    does: 'puts a new key in the place of one, by its id or name, and says it this one time',
    options: [['--overlap <duration>', 'how long the old one goes on being good: 1h; not at all if absent']],
    action: async (session, { overlap }, key) => {
      const id = await idOf(session, key!);
      const made = await session.client.keys.rotate(id, { ...(overlap && { overlap: readDuration(overlap) }) });
      const until = made.overlapUntil === null ? 'at once' : `at ${made.overlapUntil}`;
      tell(session.screen, made, `is new; the one before ends ${until}`);
    },
  });
  command('keys revoke <key>', {
    does: 'one, by its id or name, opens nothing any more, for good',
    action: async (session, _options, key) => {
      const revoked = await session.client.keys.revoke(await idOf(session, key!));
      session.screen.answer(revoked, `${revoked.id}  revoked`);
    },
  });
};

/** @throws CommandError */
const bodyOf = (name: string, { role, starts, expiresIn, payloads, rate, user }: CreateOptions): CreateKeyBody => {
  if (role === undefined && starts === undefined)
    throw commandError('What may it do?', {
      advice: `--role is one of ${roles.join(', ')}; --starts names a workflow.`,
    });
  return {
    name,
    role: oneOf(roles, role, '--role') ?? null,
    ...(starts && { starts }),
    ...(!payloads && { seesPayloads: false }),
    ...(expiresIn && { expiresIn: readDuration(expiresIn) }),
    ...(rate && { rateLimit: readKeyRate(rate) }),
    ...(user && { user }),
  };
};

/** Doors count in whole seconds. @throws CommandError */
const readKeyRate = (text: string): RateLimit => {
  const { limit, per } = readRate(text);
  const perMs = durationMs(per);
  if (perMs % 1000 !== 0) throw commandError(`--rate counts in whole seconds, and not as in "${text}".`);
  return { requests: limit, perSeconds: perMs / 1000 };
};

/** What opens the door goes to the standard output, alone. */
const tell = (screen: Screen, made: NewKey, what: string): void => {
  screen.note(`Key ${made.name} (${made.id}) ${what}. This is shown once, and kept nowhere:`);
  screen.answer(made, made.key);
};

const isId = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** Names of keys are never used twice. @throws CommandError */
const idOf = async ({ client }: Session, key: string): Promise<string> => {
  if (isId(key)) return key;
  const found = (await client.keys.list()).find(({ name }) => name === key);
  if (found === undefined)
    throw commandError(`There is no key "${key}".`, { advice: 'nightshift keys names those that there are.' });
  return found.id;
};
