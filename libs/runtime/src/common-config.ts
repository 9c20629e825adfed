import { Type } from 'typebox';

/** What every service is told, to be spread into its own configuration schema. */
export const commonConfig = {
  /** 0 takes any free port. */
  NIGHTSHIFT_HTTP_PORT: Type.Integer({ minimum: 0, maximum: 65535 }),
  NIGHTSHIFT_HTTP_HOST: Type.String({ default: '127.0.0.1' }),
  /** `nats://user:password@host:port`, several separated by commas. */
  NIGHTSHIFT_NATS_URL: Type.String({ minLength: 1 }),
  /** Copies of each stream: 3 where NATS runs as three nodes. */
  NIGHTSHIFT_NATS_REPLICAS: Type.Integer({ minimum: 1, maximum: 5, default: 1 }),
  NIGHTSHIFT_LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
};

export const CommonConfigSchema = Type.Object(commonConfig);
