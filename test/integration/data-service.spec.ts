import { requests, type Failure, type SearchResult, type Thing, type TypeDefinition } from '@nightshift/contracts';
import { migrateData, openDataService } from '@nightshift/data';
import { connectBus, type Bus } from '@nightshift/messaging';
import { makeLogger, openService, type OpenService } from '@nightshift/runtime';
import { createTestDatabase, testServers, waitFor, type TestDatabase } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: TestDatabase;
let bus: Bus;
let replicas: OpenService[];

const logger = makeLogger({ app: 'data', level: 'silent' });
const ask = <T>(subject: string, body: unknown): Promise<T> => bus.request<T>(subject, body, { timeoutMs: 5_000 });

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateData(database.url);
  const open = async (): Promise<OpenService> =>
    openService(
      await openDataService(
        {
          NIGHTSHIFT_HTTP_PORT: 0,
          NIGHTSHIFT_HTTP_HOST: '127.0.0.1',
          NIGHTSHIFT_LOG_LEVEL: 'silent',
          NIGHTSHIFT_NATS_REPLICAS: 1,
          NIGHTSHIFT_NATS_URL: testServers().natsUrl,
          NIGHTSHIFT_DATA_URL: database.serviceUrls.data,
          NIGHTSHIFT_DATA_CONNECTIONS: 4,
          NIGHTSHIFT_DATA_STATEMENT_TIMEOUT_MS: 5_000,
          NIGHTSHIFT_BULK_TIMEOUT_MS: 120_000,
          NIGHTSHIFT_ANSWER_RETENTION_DAYS: 30,
          NIGHTSHIFT_FILE_GRACE_MINUTES: 1440,
          NIGHTSHIFT_SLOT_LAG_WARN_BYTES: 1e9,
          NIGHTSHIFT_SLOT_LIMIT_BYTES: 1e12,
        },
        logger,
      ),
    );
  replicas = await Promise.all([open(), open()]);
  bus = await connectBus({ url: testServers().natsUrl, name: 'asking' });
});

afterAll(async () => {
  await bus?.close();
  await Promise.all((replicas ?? []).map((replica) => replica.close()));
  await database?.drop();
});

it('answers over NATS, whichever replica is asked', async () => {
  const name = `asked_${database.name}`;
  await ask<TypeDefinition>(requests.declareType, { name, fields: { n: { kind: 'integer' } } });
  expect((await ask<TypeDefinition[]>(requests.listTypes, null)).map((type) => type.name)).toEqual([name]);
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      ask<Thing>(requests.data, { action: 'create', type: name, fields: { n }, key: `k${n}` }),
    ),
  );
  const found = await ask<SearchResult>(requests.data, {
    action: 'search',
    type: name,
    search: { where: { n: { gte: 15 } }, sort: ['-n'], limit: 2, count: true },
  });
  expect(found).toMatchObject({ items: [{ n: 19 }, { n: 18 }], count: 5 });
  const refused = await ask(requests.data, { action: 'create', type: name, fields: { m: 1 } }).catch(
    (error: Failure) => error,
  );
  expect(refused).toMatchObject({ code: 'thing.invalid' });
});

it('is ready in both replicas, while one of them reads the log', async () => {
  const metrics = (): Promise<string[]> =>
    Promise.all(replicas.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  for (const { url } of replicas) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await waitFor(
    async () => (await metrics()).filter((text) => /^nightshift_capture_active\S* 1$/m.test(text)).length === 1,
  );
  expect((await metrics()).join('\n')).toMatch(/nightshift_data_applied_total\S*answer="new"\S* \d+/);
});
