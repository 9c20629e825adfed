import { streams } from '@nightshift/contracts';
import { openLedger } from '@nightshift/ledger';
import { connectBus } from '@nightshift/messaging';
import { deriveKey, makeSecretCipher, type Logger, type ServiceOptions } from '@nightshift/runtime';
import type { Server } from 'node:https';
import { Registry } from 'prom-client';
import type { GatewayConfig } from './config.ts';
import { makeAuditTrail } from './audit/audit-trail.ts';
import { makeAccess } from './door/access.ts';
import { readDoorSettings } from './door/door-config.ts';
import { makeHttpAdapter } from './door/http-adapter.ts';
import { prepareHttp } from './door/prepare-http.ts';
import { makeRouteTable } from './door/route-table.ts';
import { followTls, readTls } from './door/tls.ts';
import { openStorage } from './files/storage/open-storage.ts';
import { EVENT_BEAT_MS } from './events/beat-wheel.ts';
import { makeClaims } from './idempotency/claims.ts';
import { makeGatewayModule } from './gateway.module.ts';
import { makeSharedCounts } from './rate-limits/shared-counts.ts';

/** Reads, saved documents and list uploads; each upload keeps one for as long as its items arrive. */
const LEDGER_CONNECTIONS = 8;

/** What is as it is, but for tests that would wait for it. */
export interface GatewayPace {
  eventBeatMs?: number;
}

/**
 * Connects to the ledger and to NATS, and describes the service that stands on them.
 * @throws Failure `messaging.unavailable`, `secret.unavailable`, `file.unavailable`, or what Postgres refused with
 */
export const connectGateway = async (
  config: GatewayConfig,
  logger: Logger,
  { eventBeatMs = EVENT_BEAT_MS }: GatewayPace = {},
): Promise<ServiceOptions> => {
  const door = readDoorSettings(config);
  const tls = door.tls && readTls(door.tls);
  const cipher = makeSecretCipher(config.NIGHTSHIFT_SECRETS_KEY);
  const storage = await openStorage(config);
  const bus = await connectBus({
    url: config.NIGHTSHIFT_NATS_URL,
    name: 'gateway',
    log: logger,
    replicas: config.NIGHTSHIFT_NATS_REPLICAS,
  });
  const ledger = await openLedger({
    url: config.NIGHTSHIFT_LEDGER_URL,
    applicationName: 'nightshift gateway',
    connections: LEDGER_CONNECTIONS,
  }).catch(async (error: unknown) => {
    await bus.close();
    throw error;
  });
  await bus.ensureStreams([streams.dispatch, streams.runEvents, streams.dead]);

  const metrics = new Registry();
  const routes = makeRouteTable();
  const access = makeAccess({
    ledger,
    bus,
    logger,
    adminKey: config.NIGHTSHIFT_ADMIN_KEY,
    allowsLoopback: config.NIGHTSHIFT_LOOPBACK_ISSUERS,
    nowMs: Date.now,
  });
  const counts = makeSharedCounts({ bus, nowMs: () => performance.now() });
  const trail = makeAuditTrail({ audit: ledger.audit, logger, nowMs: Date.now });
  let certificates: { close(): void } | undefined;
  const claims = makeClaims({ ledger, bus, logger });
  return {
    name: 'gateway',
    module: makeGatewayModule({
      ledger,
      bus,
      cipher,
      logger,
      metrics,
      access,
      doorkeeper: access.doorkeeper,
      claims,
      linkKey: (purpose) => deriveKey(config.NIGHTSHIFT_SECRETS_KEY, purpose),
      bulkTimeoutMs: config.NIGHTSHIFT_BULK_TIMEOUT_MS,
      progress: {
        stalledAfterMs: config.NIGHTSHIFT_STALLED_AFTER_SECONDS * 1000,
        publicUrl: config.NIGHTSHIFT_PUBLIC_URL || undefined,
      },
      eventBacklogMaxBytes: config.NIGHTSHIFT_EVENT_BACKLOG_MAX_BYTES,
      eventBeatMs,
      files: { storage, maxBytes: config.NIGHTSHIFT_FILE_MAX_BYTES },
    }),
    config,
    logger,
    metrics,
    checks: [
      { name: 'ledger', check: () => ledger.isReachable() },
      { name: 'messaging', check: () => bus.isConnected },
    ],
    adapter: makeHttpAdapter({ limits: door, trustedProxies: door.trustedProxies, tls }),
    nestOptions: { bodyParser: false },
    prepare: async (app) => {
      await prepareHttp(app, { logger, routes, claims, ...access, door, counts, trail });
      if (door.tls) certificates = followTls(app.getHttpServer() as Server, door.tls, logger);
    },
    closeLast: [
      () => certificates?.close(),
      () => counts.close(),
      access.close,
      () => bus.close(),
      () => ledger.close(),
    ],
  };
};
