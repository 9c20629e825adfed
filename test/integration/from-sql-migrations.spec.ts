import { migrateData } from '@nightshift/data';
import { migrate } from '@nightshift/ledger';
import { createTestDatabase, withDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let known: TestDatabase;
let name: string;
let count = 0;
/** Of a database that nobody has migrated, as the superuser and as the data service. */
let superuserUrl: string;
let dataUrl: string;

const on = async <Row extends object>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  known = await createTestDatabase();
});
afterAll(() => known?.drop());

beforeEach(async () => {
  name = `${known.name}_${count++}`;
  await on(known.url, `CREATE DATABASE ${name}`);
  await on(known.url, `GRANT CREATE ON DATABASE ${name} TO nightshift_data`);
  superuserUrl = withDatabase(known.url, name);
  dataUrl = withDatabase(known.serviceUrls.data, name);
  await on(superuserUrl, 'GRANT USAGE, CREATE ON SCHEMA public TO nightshift_data');
});
afterEach(() => on(known.url, `DROP DATABASE ${name} WITH (FORCE)`));

const ownerOfSchema = async (): Promise<string> =>
  (
    await on<{ owner: string }>(
      superuserUrl,
      `SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = 'nightshift'`,
    )
  )[0]!.owner;

/** Who may call the functions, and with what outcome. */
const callAs = (role: string): Promise<object[]> =>
  on(superuserUrl, `SET ROLE ${role}; SELECT nightshift.start('welcome')`);
const expectFunctions = async (): Promise<void> => {
  const unread = { code: '55000', message: 'nobody reads the starts of this database' };
  await expect(callAs('nightshift_application')).rejects.toMatchObject(unread);
  await expect(callAs('nightshift_data')).rejects.toMatchObject(unread);
  await expect(callAs('nightshift_trigger')).rejects.toMatchObject({ code: '42501' });
};

describe('the functions are there, and the schema is the ledger’s', () => {
  it('when the ledger is migrated first', async () => {
    await migrate(superuserUrl);
    await expectFunctions();
    await migrateData(dataUrl);
    await migrateData(superuserUrl);
    await expectFunctions();
    expect(await ownerOfSchema()).toBe('postgres');
  });

  it('when the data service migrates first, by its own login', async () => {
    await migrateData(dataUrl);
    await expectFunctions();
    await migrate(superuserUrl);
    await migrateData(dataUrl);
    await expectFunctions();
    expect(await ownerOfSchema()).toBe('postgres');
  });

  it('when an owner migrates both who is no superuser', async () => {
    const owner = `owner_${name}`;
    await on(
      superuserUrl,
      `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'x'; ALTER DATABASE ${name} OWNER TO ${owner}`,
    );
    const url = new URL(superuserUrl);
    [url.username, url.password] = [owner, 'x'];
    try {
      await migrateData(dataUrl);
      await migrate(url.href);
      await expectFunctions();
    } finally {
      await on(
        superuserUrl,
        `REASSIGN OWNED BY ${owner} TO postgres; DROP OWNED BY ${owner}; ALTER DATABASE ${name} OWNER TO postgres`,
      );
      await on(known.url, `DROP ROLE ${owner}`);
    }
  });

  it('when there is no ledger in this database', async () => {
    await Promise.all([migrateData(superuserUrl), migrateData(superuserUrl)]);
    await expectFunctions();
  });
});
