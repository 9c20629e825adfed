import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  databaseEnv,
  freePorts,
  migrateData,
  prepareDatabase,
  serviceNames,
  startNatsServer,
  startPostgres,
  startService,
  withDatabase,
  type NatsServer,
  type Postgres,
  type Service,
  type ServiceName,
} from '@nightshift/testing';
import { say, step } from './progress.ts';
import { keepAdminKey, keepSecrets, keepSecretsKey, writeNatsSubscriber } from './secrets.ts';
import type { Settings } from './settings.ts';

/** A running part, under the name that messages and the lock file use. */
export interface Part {
  name: string;
  process: Postgres | NatsServer | Service;
}

export interface PlatformUrls {
  gateway: string;
  /** As the superuser. */
  database: string;
  nats: string;
  adminKey: string;
}

/**
 * Starts everything in order, telling `onPart` about each process as soon as it runs, so that a failure or a signal
 * half-way can stop what is there.
 */
export const startPlatform = async (settings: Settings, onPart: (part: Part) => void): Promise<PlatformUrls> => {
  const { directory, ports, replicas, serviceEnv } = settings;
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true });
  const secrets = keepSecrets(directory);
  const adminKey = keepAdminKey(directory);
  const sealing = { NIGHTSHIFT_SECRETS_KEY: keepSecretsKey(directory) };
  const ownEnv: Partial<Record<ServiceName, Record<string, string>>> = {
    gateway: {
      NIGHTSHIFT_ADMIN_KEY: adminKey,
      NIGHTSHIFT_FILES_URL: serviceEnv['NIGHTSHIFT_FILES_URL'] ?? pathToFileURL(join(directory, 'files')).href,
      ...sealing,
    },
    executor: sealing,
  };

  const postgres = await step(`postgres on port ${ports.postgres}`, () =>
    startPostgres({
      directory: join(directory, 'postgres'),
      port: ports.postgres,
      password: secrets.postgres,
      logFile: join(logs, 'postgres.log'),
    }),
  );
  onPart({ name: 'postgres', process: postgres });

  const nats = await step(`nats-server on port ${ports.nats}`, () =>
    startNatsServer({
      directory: join(directory, 'nats'),
      port: ports.nats,
      password: secrets.nats,
      subscriberPassword: secrets.natsSubscriber,
      logFile: join(logs, 'nats-server.log'),
      onProgress: (line) => say(`  ${line}`),
    }),
  );
  onPart({ name: 'nats-server', process: nats });
  writeNatsSubscriber(directory, nats.subscriberUrl);

  const database = withDatabase(postgres.url, 'nightshift');
  const urls = await step('database, migrated', async () => {
    const serviceUrls = await prepareDatabase({ superuserUrl: postgres.url, passwords: secrets.services });
    await migrateData(database);
    return serviceUrls;
  });

  const startReplica = async (app: ServiceName, replica: number, port: number): Promise<void> => {
    const name = replica === 1 ? app : `${app}-${replica}`;
    const service = await startService({
      app,
      name,
      port,
      logFile: join(logs, `${name}.log`),
      env: { ...serviceEnv, ...databaseEnv(app, urls), NIGHTSHIFT_NATS_URL: nats.url, ...ownEnv[app] },
    });
    onPart({ name, process: service });
    say(`  ✓ ${name} on port ${port}`);
  };
  const more = await freePorts((replicas - 1) * serviceNames.length);
  await step('services', async () => {
    const starts = serviceNames.flatMap((app) =>
      [ports[app], ...more.splice(0, replicas - 1)].map((port, index) => startReplica(app, index + 1, port)),
    );
    // All have ended before the first failure is thrown, so that onPart knows everything that runs.
    await Promise.allSettled(starts);
    await Promise.all(starts);
  });

  return {
    gateway: `http://127.0.0.1:${ports.gateway}`,
    database,
    nats: nats.url,
    adminKey,
  };
};
