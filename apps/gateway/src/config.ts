import { commonConfig, secretsConfig } from '@nightshift/runtime';
import { Type, type Static } from 'typebox';

/** What the gateway is told when it starts. */
export const GatewayConfigSchema = Type.Object({
  ...commonConfig,
  ...secretsConfig,
  NIGHTSHIFT_LEDGER_URL: Type.String({ minLength: 1 }),
  /** The one key that opens `/v1`. Shorter ones can be guessed. */
  NIGHTSHIFT_ADMIN_KEY: Type.String({ minLength: 16 }),
});

export type GatewayConfig = Static<typeof GatewayConfigSchema>;
