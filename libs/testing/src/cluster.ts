import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startNatsServer, type NatsServer } from './nats-server.ts';
import { freePorts } from './ports.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { databaseEnv, migrateData, prepareDatabase, withDatabase, type ServicePasswords } from './prepare-database.ts';
import { serviceNames, startService, type Service, type ServiceName } from './service.ts';
import { removeAtEnd } from './watchdog.ts';

export interface ClusterOptions {
  /** How many of each service; one unless told. */
  replicas?: number;
  /** Where everything lives; a temporary folder that `stop` removes unless told. */
  directory?: string;
  /** More environment for every service. */
  env?: Record<string, string>;
  /** Other settings for Postgres. */
  postgresSettings?: Record<string, string>;
}

export interface Cluster {
  readonly gatewayUrls: string[];
  readonly adminKey: string;
  /** The superuser's URL of the migrated database. */
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly subscriberUrl: string;
  readonly services: Record<ServiceName, Service[]>;
  readonly postgres: Postgres;
  readonly nats: NatsServer;
  readonly directory: string;
  /** Stops everything in order: services, nats-server, Postgres. */
  stop(): Promise<void>;
}

/**
 * Starts the whole platform on free ports: Postgres with a migrated database, nats-server, and `replicas` of each
 * service. When a part does not come up, what runs already is stopped and the reason is thrown.
 */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const isTemporary = options.directory === undefined;
  const directory = options.directory === undefined ? temporaryFolder() : resolve(options.directory);
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const running: Stoppable[] = [];
  const stop = async (): Promise<void> => {
    while (running.length > 0) await running.pop()?.stop();
    if (isTemporary) rmSync(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await startParts(options, directory, running)), directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

interface Stoppable {
  stop(): Promise<void>;
}

const startParts = async (
  { replicas = 1, env = {}, postgresSettings }: ClusterOptions,
  directory: string,
  running: Stoppable[],
): Promise<Omit<Cluster, 'directory' | 'stop'>> => {
  const [postgresPort = 0, natsPort = 0, ...servicePorts] = await freePorts(2 + replicas * serviceNames.length);
  const startingNats = startNatsServer({ directory: join(directory, 'nats'), port: natsPort });
  const startingPostgres = startPostgres({
    directory: join(directory, 'postgres'),
    port: postgresPort,
    settings: postgresSettings,
  });
  await settle<Stoppable>([startingPostgres, startingNats], running);
  const [postgres, nats] = [await startingPostgres, await startingNats];

  const passwords = Object.fromEntries(serviceNames.map((name) => [name, secret()])) as ServicePasswords;
  const urls = await prepareDatabase({ superuserUrl: postgres.url, passwords });
  const databaseUrl = withDatabase(postgres.url, 'nightshift');
  await migrateData(databaseUrl);

  const adminKey = secret();
  const startReplica = (app: ServiceName, name: string, port: number): Promise<Service> => {
    const own = { ...databaseEnv(app, urls), NIGHTSHIFT_NATS_URL: nats.url };
    const door: Record<string, string> = app === 'gateway' ? { NIGHTSHIFT_ADMIN_KEY: adminKey } : {};
    return startService({
      app,
      name,
      port,
      logFile: join(directory, 'logs', `${name}.log`),
      env: { ...own, ...door, ...env },
    });
  };
  const starting = serviceNames.flatMap((app) =>
    servicePorts.splice(0, replicas).map((port, index) => startReplica(app, `${app}-${index + 1}`, port)),
  );
  const started = await settle(starting, running);
  const of = (app: ServiceName): Service[] => started.filter((service) => service.app === app);
  return {
    gatewayUrls: of('gateway').map(({ url }) => url),
    adminKey,
    databaseUrl,
    natsUrl: nats.url,
    subscriberUrl: nats.subscriberUrl,
    services: Object.fromEntries(serviceNames.map((app) => [app, of(app)])) as Cluster['services'],
    postgres,
    nats,
  };
};

/** Waits for all, so that what did start is known and can be stopped when another failed; then throws the first failure. */
const settle = async <T extends Stoppable>(starting: Promise<T>[], running: Stoppable[]): Promise<T[]> => {
  for (const result of await Promise.allSettled(starting)) {
    if (result.status === 'fulfilled') running.push(result.value);
  }
  return Promise.all(starting);
};

const secret = (): string => randomBytes(24).toString('base64url');

/** Goes with `stop`, and also when this process dies before that. */
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-'));
  chmodSync(folder, 0o711); // Postgres may have to run as another user.
  removeAtEnd(folder);
  return folder;
};
