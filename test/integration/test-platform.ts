import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@nightshift/client';
import { isFinal, type RunEvent, type RunView } from '@nightshift/contracts';
import { DataConfigSchema } from '../../apps/data/src/config.ts';
import { openDataService } from '../../apps/data/src/open-data-service.ts';
import { connectGateway, GatewayConfigSchema } from '@nightshift/gateway';
import { makeLogger, openService, readConfig, type Logger, type OpenService } from '@nightshift/runtime';
import { connectScheduler, SchedulerConfigSchema } from '@nightshift/scheduler';
import { createTestDatabase, freePort, startNatsServer, waitFor, type NatsServer } from '@nightshift/testing';
import { connectTrigger, TriggerConfigSchema } from '@nightshift/trigger';
import pg from 'pg';
import { openRoad, type Road } from './road.ts';
import { openTestExecutor, SECRETS_KEY, type TestExecutorOptions } from './test-executor.ts';

const ADMIN_KEY = 'the-key-of-the-tests-0123456789';

export type Document = Record<string, unknown> & { do: unknown[] };

/** An executor that can be cut off from NATS and Postgres, which to everybody else is its death, and can come back. */
export interface Executor {
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** The whole platform, but for triggers unless it is told, in this process, on a database and a nats-server of its own; used from outside as by its users. */
export interface TestPlatform {
  readonly client: Client;
  /** Of the gateway. */
  readonly url: string;
  readonly adminKey: string;
  readonly nats: NatsServer;
  /** As the superuser. */
  readonly databaseUrl: string;
  /** Rows as somebody sees them in psql. */
  query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Saves and publishes a workflow. @returns its version */
  publish(workflow: string, document: Document): Promise<number>;
  /** Starts a run. @returns its id */
  start(workflow: string, parameters?: Record<string, unknown>): Promise<string>;
  /** Starts a run and waits for its end. */
  run(workflow: string, parameters?: Record<string, unknown>): Promise<RunView>;
  /** The run, when it has ended. */
  ended(runId: string, timeoutMs?: number): Promise<RunView>;
  /** The run's events, as `<type>` or `<type> <step>`. */
  story(runId: string): Promise<string[]>;
  /** The run's events, once one fits. */
  happened(runId: string, fits: (event: RunEvent) => boolean): Promise<RunEvent[]>;
  openExecutor(options?: TestExecutorOptions): Promise<Executor>;
  /** Another replica of the gateway. @returns where it is */
  openGateway(): Promise<string>;
  close(): Promise<void>;
}

export interface TestPlatformOptions {
  /** One unless told. */
  executors?: number;
  /** One unless told. */
  schedulers?: number;
  /** Of the executors that are opened with the platform. */
  executor?: TestExecutorOptions;
  /** With a trigger service: changes of data start runs. */
  hasTrigger?: boolean;
  /** Of the gateways, as the environment would have it. */
  settings?: Record<string, string>;
  /** Of every service; errors to standard output unless told. */
  loggerOf?: (app: string) => Logger;
}

export const openTestPlatform = async (options: TestPlatformOptions = {}): Promise<TestPlatform> => {
  const { executors = 1, schedulers = 1, loggerOf = (app) => makeLogger({ app, level: 'fatal' }) } = options;
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-platform-'));
  const [database, nats] = await Promise.all([
    createTestDatabase(),
    freePort().then((port) => startNatsServer({ directory: folder, port })),
  ]);
  const open: { close(): Promise<void> }[] = [];
  const opened = async (opening: Promise<OpenService>): Promise<OpenService> => {
    const service = await opening;
    open.push(service);
    return service;
  };

  const common = { NIGHTSHIFT_HTTP_PORT: '0', NIGHTSHIFT_NATS_URL: nats.url };
  const data = readConfig(DataConfigSchema, { ...common, NIGHTSHIFT_DATA_URL: database.serviceUrls.data });
  await opened(openDataService(data, loggerOf('data')).then(openService));
  const scheduler = readConfig(SchedulerConfigSchema, {
    ...common,
    NIGHTSHIFT_LEDGER_URL: database.serviceUrls.scheduler,
  });
  for (let count = 0; count < schedulers; count++)
    await opened(connectScheduler(scheduler, loggerOf('scheduler')).then(openService));
  if (options.hasTrigger) {
    const trigger = readConfig(TriggerConfigSchema, { ...common, NIGHTSHIFT_LEDGER_URL: database.serviceUrls.trigger });
    const { service, seekLeadership } = await connectTrigger(trigger, loggerOf('trigger'));
    await opened(openService(service));
    seekLeadership();
  }
  const gateway = readConfig(GatewayConfigSchema, {
    ...common,
    NIGHTSHIFT_LEDGER_URL: database.serviceUrls.gateway,
    NIGHTSHIFT_ADMIN_KEY: ADMIN_KEY,
    NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY,
    ...options.settings,
  });
  const openGateway = async (): Promise<string> =>
    (await opened(connectGateway(gateway, loggerOf('gateway')).then(openService))).url;
  const url = await openGateway();
  // What the platform says is what is tested, and not what comes of asking again.
  const client = createClient({ url, key: ADMIN_KEY, retries: 0 });

  const openExecutor: TestPlatform['openExecutor'] = async (own = {}) => {
    const roads: Road[] = [await openRoad(database.serviceUrls.executor), await openRoad(nats.url)];
    const [ledgerUrl, natsUrl] = roads.map((road) => road.url);
    const service = await openTestExecutor(database, {
      logger: loggerOf('executor'),
      ...own,
      urls: { ledger: ledgerUrl!, nats: natsUrl! },
    });
    const executor = {
      cut: () => roads.forEach((road) => road.cut()),
      mend: () => roads.forEach((road) => road.mend()),
      close: async () => {
        executor.mend();
        await service.close();
        await Promise.all(roads.map((road) => road.close()));
      },
    };
    open.push(executor);
    return executor;
  };
  for (let count = 0; count < executors; count++) await openExecutor(options.executor);

  const query = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> => {
    const postgres = new pg.Client(database.url);
    await postgres.connect();
    try {
      return (await postgres.query<Row>(sql, values)).rows;
    } finally {
      await postgres.end();
    }
  };
  const start = async (workflow: string, parameters?: Record<string, unknown>): Promise<string> =>
    (await client.runs.start(workflow, parameters)).runId;
  const ended = (runId: string, timeoutMs = 20_000): Promise<RunView> =>
    waitFor(
      async () => {
        const view = await client.runs.get(runId);
        return isFinal(view.status) ? view : undefined;
      },
      { timeoutMs, describe: `run ${runId} to end` },
    );

  return {
    client,
    url,
    adminKey: ADMIN_KEY,
    nats,
    databaseUrl: database.url,
    query,
    publish: async (workflow, document) => {
      await client.workflows.save(workflow, { workflow, ...document });
      return (await client.workflows.publish(workflow)).version;
    },
    start,
    run: async (workflow, parameters) => ended(await start(workflow, parameters)),
    ended,
    story: async (runId) =>
      (await client.runs.events(runId)).map(({ type, data: told }) => ('step' in told ? `${type} ${told.step}` : type)),
    happened: (runId, fits) =>
      waitFor(
        async () => {
          const events = await client.runs.events(runId);
          return events.some(fits) ? events : undefined;
        },
        { describe: `an event of run ${runId}` },
      ),
    openExecutor,
    openGateway,
    close: async () => {
      await Promise.all(open.map((service) => service.close()));
      await database.drop();
      await nats.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
