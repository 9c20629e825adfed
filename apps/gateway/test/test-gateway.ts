import { createClient, type Client } from '@nightshift/client';
import { Failure, requests, type TypeDefinition, type VersionedRequest } from '@nightshift/contracts';
import { openLedger, type Ledger } from '@nightshift/ledger';
import { connectBus, type Bus } from '@nightshift/messaging';
import { makeLogger, openService, readConfig, type Logger, type OpenService } from '@nightshift/runtime';
import { createTestDatabase, freePort, startNatsServer, type NatsServer } from '@nightshift/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataConfigSchema } from '../../data/src/config.ts';
import { openDataService } from '../../data/src/open-data-service.ts';
import { GatewayConfigSchema } from '../src/config.ts';
import { connectGateway, type GatewayPace } from '../src/connect-gateway.ts';

export const ADMIN_KEY = 'the-key-of-the-tests-0123456789';

/** Gateways on a database and a nats-server of their own, and the other side of both for the test to stand in for other services. */
export interface TestGateway {
  readonly url: string;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly nats: NatsServer;
  /** As the superuser. */
  readonly databaseUrl: string;
  /** As the data service. */
  readonly dataUrl: string;
  /** Another replica. */
  openAnother(): Promise<OpenService>;
  /** A request with the key and, if there is a body, JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  types?: TypeDefinition[];
  /** Answers what is asked of the data service; `real`: the data service does. */
  data?: ((request: unknown) => unknown) | 'real';
  /** In place of one that writes errors to standard output. */
  logger?: Logger;
  /** Of the gateways, and of the real data service: as the environment would. */
  settings?: Record<string, string>;
  pace?: GatewayPace;
}

export const openTestGateway = async ({
  types = [],
  data = () => null,
  logger = makeLogger({ app: 'test', level: 'error' }),
  settings = {},
  pace = {},
}: TestGatewayOptions = {}): Promise<TestGateway> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-gateway-'));
  const [database, nats] = await Promise.all([
    createTestDatabase(),
    freePort().then((port) => startNatsServer({ directory: folder, port })),
  ]);
  const bus = await connectBus({ url: nats.url, name: 'test' });
  const ledger = await openLedger({ url: database.url, applicationName: 'test' });
  const services =
    data === 'real'
      ? []
      : [
          bus.serve(requests.listTypes, () => types, { queue: 'data' }),
          bus.serve(requests.data, (request) => data(request), { queue: 'data' }),
          bus.serve(
            requests.imports,
            () => {
              throw new Failure('import.not_found');
            },
            { queue: 'data' },
          ),
          bus.serve(
            requests.versioned,
            async (asked) => ({ thing: await data((asked as VersionedRequest).request), version: null }),
            { queue: 'data' },
          ),
        ];

  const open: OpenService[] = [];
  const common = { NIGHTSHIFT_HTTP_PORT: '0', NIGHTSHIFT_NATS_URL: nats.url, NIGHTSHIFT_LOG_LEVEL: 'error' };
  const openAnother = async (): Promise<OpenService> => {
    const config = readConfig(GatewayConfigSchema, {
      ...common,
      NIGHTSHIFT_LEDGER_URL: database.serviceUrls.gateway,
      NIGHTSHIFT_ADMIN_KEY: ADMIN_KEY,
      ...settings,
    });
    const service = await openService(await connectGateway(config, logger, pace));
    open.push(service);
    return service;
  };
  if (data === 'real') {
    const config = readConfig(DataConfigSchema, {
      ...common,
      NIGHTSHIFT_DATA_URL: database.serviceUrls.data,
      ...settings,
    });
    open.push(await openService(await openDataService(config, logger)));
  }
  const { url } = await openAnother();

  return {
    url,
    // What the gateway says is what is tested, and not what comes of asking again.
    client: createClient({ url, key: ADMIN_KEY, retries: 0 }),
    ledger,
    bus,
    nats,
    databaseUrl: database.url,
    dataUrl: database.serviceUrls.data,
    openAnother,
    call: (method, path, body, headers) =>
      fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    close: async () => {
      await Promise.all(open.map((service) => service.close()));
      await Promise.all(services.map((service) => service.close()));
      await bus.close();
      await ledger.close();
      await database.drop();
      await nats.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
