import { BULK_TIMEOUT_DEFAULT_MS } from '@nightshift/contracts';
import { commonConfig, secretsConfig } from '@nightshift/runtime';
import { Type, type Static } from 'typebox';
import { doorConfig } from './door/door-config.ts';
import { storageConfig } from './files/storage/storage-config.ts';

/** What the gateway is told when it starts. */
export const GatewayConfigSchema = Type.Object({
  ...commonConfig,
  ...secretsConfig,
  ...storageConfig,
  ...doorConfig,
  NIGHTSHIFT_LEDGER_URL: Type.String({ minLength: 1 }),
  /** The key that opens everything, and by which others are made. Shorter ones can be guessed. */
  NIGHTSHIFT_ADMIN_KEY: Type.String({ minLength: 16 }),
  /** For development: issuers of tokens on this machine may do without TLS. */
  NIGHTSHIFT_LOOPBACK_ISSUERS: Type.Boolean({ default: false }),
  /** What is at work and quiet for shorter is never called stalled. */
  NIGHTSHIFT_STALLED_AFTER_SECONDS: Type.Integer({ minimum: 1, default: 60 }),
  /** As of the data service: how long a change of many things may take. */
  NIGHTSHIFT_BULK_TIMEOUT_MS: Type.Integer({ minimum: 100, default: BULK_TIMEOUT_DEFAULT_MS }),
  /** What may wait in memory for all readers of live events that read slowly, together; whoever is furthest behind is cut off, and resumes. */
  NIGHTSHIFT_EVENT_BACKLOG_MAX_BYTES: Type.Integer({ minimum: 1024 * 1024, default: 64 * 1024 * 1024 }),
  /** Where the gateways are for the outside, in links that are given away. Empty: where the request for the link came in. */
  NIGHTSHIFT_PUBLIC_URL: Type.String({ pattern: '^(https?://.*[^/])?$', default: '' }),
});

export type GatewayConfig = Static<typeof GatewayConfigSchema>;
