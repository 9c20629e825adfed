import { commonConfig, readConfig, secretsConfig } from '@nightshift/runtime';
import { Type, type Static } from 'typebox';

const ExecutorConfigSchema = Type.Object({
  ...commonConfig,
  ...secretsConfig,
  /** `postgres://…`, of a role in `nightshift_executor`. */
  NIGHTSHIFT_LEDGER_URL: Type.String({ minLength: 1 }),
  /** Addresses inside that `http` steps may call all the same: `host` or `host:port`, separated by commas. */
  NIGHTSHIFT_EGRESS_ALLOW: Type.String({ default: '' }),
  /** A longer answer to an `http` step is refused: it would be kept as long as the run's history. */
  NIGHTSHIFT_HTTP_ANSWER_MAX_BYTES: Type.Integer({ minimum: 1024, default: 1024 * 1024 }),
  /** For how long a webhook's delivery is tried again before it is given up. */
  NIGHTSHIFT_WEBHOOKS_RETRY_HOURS: Type.Number({ minimum: 0, default: 72 }),
  /** `smtp://user:password@host:587`, or `smtps://…`. Empty: mails are kept in the local mailbox and not sent. */
  NIGHTSHIFT_SMTP_URL: Type.String({ pattern: '^(smtps?://.+)?$', default: '' }),
  /** The sender of mails whose workflow names none. */
  NIGHTSHIFT_EMAIL_FROM: Type.String({ default: 'Nightshift <nightshift@localhost>' }),
});

export type ExecutorConfig = Static<typeof ExecutorConfigSchema>;

export const executorConfig = (): ExecutorConfig => readConfig(ExecutorConfigSchema);
