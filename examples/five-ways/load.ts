import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createClient, NightshiftError, type Client } from '@nightshift/client';
import type { RecurrenceBody, TypeDefinition } from '@nightshift/contracts';
import { parse } from 'yaml';

export interface LoadOptions {
  gatewayUrl: string;
  adminKey: string;
}

/** In an order in which each finds those that it names. */
export const workflowNames = [
  'hello',
  'welcome-user',
  'send-newsletter',
  'report-mailing',
  'count-users',
  'user-upgraded',
  'count-down',
  'check-email',
  'sign-up',
];

const firstNames = ['Ada', 'Blaise', 'Chen', 'Dorothy', 'Edsger', 'Frances', 'Grace', 'Hedy', 'Ivan', 'Joan'];
const lastNames = ['Amber', 'Birch', 'Cedar', 'Dune'];

/**
 * Brings the application to a running Nightshift: its types, its workflows, an hourly recurrence and some users. May be repeated: what is
 * there already stays as it is, and a workflow gets a new version only if its file has changed.
 * @throws NightshiftError what the gateway refuses with
 */
export const load = async ({ gatewayUrl, adminKey }: LoadOptions): Promise<void> => {
  const client = createClient({ url: gatewayUrl, key: adminKey });
  const types = JSON.parse(read('types.json')) as Record<string, TypeDefinition['fields']>;
  for (const [name, fields] of Object.entries(types)) await client.types.declare(name, fields);
  for (const name of workflowNames) await publish(client, name);
  const { recurrence: _name, ...hourly } = parse(read('recurrences/count-users.yaml')) as RecurrenceBody & {
    recurrence: string;
  };
  await client.recurrences.put('count-users', 'hourly', hourly);
  await createUsers(client);
};

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const publish = async (client: Client, name: string): Promise<void> => {
  const text = read(`workflows/${name}.yaml`);
  const there = await unlessMissing(client.workflows.get(name));
  const isSame = isDeepStrictEqual(there?.document, parse(text));
  if (!isSame) await client.workflows.save(name, text);
  if (!isSame || there?.draft === true) await client.workflows.publish(name);
};

const createUsers = async (client: Client): Promise<void> => {
  const names = lastNames.flatMap((last) => firstNames.map((first) => `${first} ${last}`));
  const { items } = await client.things.search('users', { limit: 1000 });
  const emails = new Set(items.map(({ email }) => email));
  for (const name of names) {
    const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
    if (!emails.has(email)) await client.things.create('users', { name, email });
  }
};

const unlessMissing = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof NightshiftError && error.code === 'workflow.not_found') return undefined;
    throw error;
  });
