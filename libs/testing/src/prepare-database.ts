import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '@nightshift/ledger';
import { Client } from 'pg';
import { serviceNames, type ServiceName } from './service.ts';
import { workspaceRoot } from './workspace.ts';

/** A password for each service's login. */
export type ServicePasswords = Record<ServiceName, string>;

/** The URL of the database for each service, with its own login. */
export type ServiceUrls = Record<ServiceName, string>;

export interface PrepareDatabaseOptions {
  /** Of any database of the server, as a superuser. */
  superuserUrl: string;
  /** Created if missing; `nightshift` unless told. */
  database?: string;
  passwords: ServicePasswords;
}

/**
 * Makes a database ready for the services: creates it, migrates the ledger, and gives each service a login
 * `ns_<service>` that is a member of the group role `nightshift_<service>`, which holds the rights. May be repeated
 * at any time; the passwords become those given.
 */
export const prepareDatabase = async (options: PrepareDatabaseOptions): Promise<ServiceUrls> => {
  const { superuserUrl, database = 'nightshift', passwords } = options;
  const url = withDatabase(superuserUrl, database);
  await createDatabase(superuserUrl, database);
  await createGroups(url);
  await migrate(url);
  await createLogins(url, database, passwords);
  return serviceUrls(url, passwords);
};

/**
 * Migrates the data service's schema as the superuser, so that tables which the superuser makes in psql can become types
 * (the service, which repeats this when it starts, may only publish what it owns). Runs the built service's migration.
 */
export const migrateData = async (superuserUrl: string): Promise<void> => {
  const program = join(workspaceRoot, 'apps', 'data', 'dist', 'migrate.js');
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm run build`);
  const env = { PATH: process.env.PATH, NIGHTSHIFT_MIGRATE_URL: superuserUrl };
  try {
    await promisify(execFile)(process.execPath, ['--enable-source-maps', program], { env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`the data service's migration failed:\n${stdout}${stderr}`.trim(), { cause: error });
  }
};

/** The URLs of a database that `prepareDatabase` has prepared, or of a copy of it. */
export const serviceUrls = (url: string, passwords: ServicePasswords): ServiceUrls => {
  const urlOf = (service: ServiceName): string => {
    const own = new URL(url);
    own.username = `ns_${service}`;
    own.password = passwords[service];
    return own.href;
  };
  const entries = serviceNames.map((service) => [service, urlOf(service)]);
  return Object.fromEntries(entries) as ServiceUrls;
};

/** The environment that a service needs to find its database, besides `NIGHTSHIFT_NATS_URL`. */
export const databaseEnv = (service: ServiceName, urls: ServiceUrls): Record<string, string> =>
  service === 'data' ? { NIGHTSHIFT_DATA_URL: urls.data } : { NIGHTSHIFT_LEDGER_URL: urls[service] };

/** The same server and login, another database. */
export const withDatabase = (url: string, database: string): string => {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
};

/** Runs statements on a connection of its own, which is closed whatever happens. */
export const onDatabase = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const createDatabase = (superuserUrl: string, database: string): Promise<void> =>
  onDatabase(superuserUrl, async (client) => {
    const found = await client.query('select from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  });

/** The migrations create them too, where they may; here they exist before the first statement that names one. */
const createGroups = (url: string): Promise<void> =>
  onDatabase(url, async (client) => {
    for (const service of serviceNames) await createRole(client, `nightshift_${service}`, 'nologin');
  });

const createLogins = (url: string, database: string, passwords: ServicePasswords): Promise<void> =>
  onDatabase(url, async (client) => {
    for (const service of serviceNames) {
      const login = `ns_${service}`;
      const replication = service === 'data' ? 'replication' : 'noreplication';
      await createRole(client, login, 'login');
      await client.query(
        `alter role ${login} login ${replication} password ${client.escapeLiteral(passwords[service])}`,
      );
      await client.query(`grant nightshift_${service} to ${login}`);
    }
    // The data service creates its own schema, the tables of types, and the publication that captures their changes.
    await client.query(`grant create on database ${client.escapeIdentifier(database)} to nightshift_data`);
    await client.query('grant usage, create on schema public to nightshift_data');
  });

const createRole = async (client: Client, name: string, kind: 'login' | 'nologin'): Promise<void> => {
  const found = await client.query('select from pg_roles where rolname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create role ${client.escapeIdentifier(name)} ${kind}`);
};
