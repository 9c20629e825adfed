import { randomBytes } from 'node:crypto';
import {
  onDatabase,
  prepareDatabase,
  serviceUrls,
  withDatabase,
  type ServicePasswords,
  type ServiceUrls,
} from './prepare-database.ts';
import { testServers } from './test-servers.ts';

const template = 'nightshift_template';

export interface TestDatabase {
  readonly name: string;
  /** As the superuser. */
  readonly url: string;
  /** With the login of each service. */
  readonly serviceUrls: ServiceUrls;
  /** Removes it, closing whatever is still connected. */
  drop(): Promise<void>;
}

/** Migrates the database that `createTestDatabase` copies. Once per run of the tests, before the first copy. */
export const createTestTemplate = async (superuserUrl: string, passwords: ServicePasswords): Promise<void> => {
  await prepareDatabase({ superuserUrl, database: template, passwords });
};

/** A migrated database that nobody else uses, copied from the template on the servers that the tests share. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const { postgresUrl, passwords } = testServers();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onDatabase(postgresUrl, async (client) => {
    await client.query(`create database ${name} template ${template}`);
    // Rights on the database itself are not copied with it.
    await client.query(`grant create on database ${name} to nightshift_data`);
  });
  const url = withDatabase(postgresUrl, name);
  return {
    name,
    url,
    serviceUrls: serviceUrls(url, passwords),
    drop: () =>
      onDatabase(postgresUrl, async (client) => {
        // A database with a replication slot cannot be dropped, and a slot in use cannot either.
        const slots = 'from pg_replication_slots where database = $1';
        await client.query(`select pg_terminate_backend(active_pid) ${slots} and active`, [name]);
        await client.query(`select pg_drop_replication_slot(slot_name) ${slots} and not active`, [name]);
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
};
