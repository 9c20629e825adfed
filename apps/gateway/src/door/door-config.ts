import { Type, type Static } from 'typebox';
import { rateLimitSetting, readRateLimit } from '../rate-limits/rate-limit.ts';
import type { RateLimits } from './add-rate-limits.ts';
import type { TlsFiles } from './tls.ts';

/** What the door is told of whom it lets in, and how. */
export const doorConfig = {
  /** Origins whose scripts may ask, separated by commas: `https://app.example.com`; `*`: all. Empty: none. */
  NIGHTSHIFT_CORS_ORIGINS: Type.String({
    pattern: '^(\\*|https?://[^\\s,/]+(\\s*,\\s*https?://[^\\s,/]+)*)?$',
    default: '',
  }),
  /** Addresses and ranges, separated by commas: whose `X-Forwarded-…` headers are believed. Empty: nobody's. */
  NIGHTSHIFT_TRUSTED_PROXIES: Type.String({ pattern: '^([\\da-fA-F.:/]+(\\s*,\\s*[\\da-fA-F.:/]+)*)?$', default: '' }),
  /** PEM files. Both or none: without them the gateway speaks HTTP. They are read again when they change. */
  NIGHTSHIFT_TLS_CERT: Type.String({ default: '' }),
  NIGHTSHIFT_TLS_KEY: Type.String({ default: '' }),
  /** Of bodies that are read as a whole. Uploads have limits of their own. */
  NIGHTSHIFT_BODY_MAX_BYTES: Type.Integer({ minimum: 1_024, maximum: 64 * 1024 * 1024, default: 1024 * 1024 }),
  NIGHTSHIFT_HEADERS_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 300_000, default: 10_000 }),
  /** For how long a body may stand nearly still while it is sent. */
  NIGHTSHIFT_BODY_TIMEOUT_MS: Type.Integer({ minimum: 100, maximum: 300_000, default: 30_000 }),
  /** `requests/seconds`, for keys without a limit of their own. Empty: none. */
  NIGHTSHIFT_RATE_LIMIT: rateLimitSetting(''),
  /** Of one address, for what needs no key. */
  NIGHTSHIFT_ANONYMOUS_RATE_LIMIT: rateLimitSetting(''),
  /** Of one address, for keys that are not right. */
  NIGHTSHIFT_FAILED_KEYS_RATE_LIMIT: rateLimitSetting('300/60'),
};

type DoorConfig = { [Name in keyof typeof doorConfig]: Static<(typeof doorConfig)[Name]> };

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export interface DoorSettings {
  corsOrigins: string[];
  trustedProxies: string[];
  tls: TlsFiles | undefined;
  bodyMaxBytes: number;
  headersTimeoutMs: number;
  bodyTimeoutMs: number;
  rateLimits: RateLimits;
}

/** @throws Error if there is a certificate without a key, or the other way round */
export const readDoorSettings = (config: DoorConfig): DoorSettings => {
  const { NIGHTSHIFT_TLS_CERT: certPath, NIGHTSHIFT_TLS_KEY: keyPath } = config;
  if ((certPath === '') !== (keyPath === ''))
    throw new Error('configuration: NIGHTSHIFT_TLS_CERT and NIGHTSHIFT_TLS_KEY need each other');
  return {
    corsOrigins: listOf(config.NIGHTSHIFT_CORS_ORIGINS),
    trustedProxies: listOf(config.NIGHTSHIFT_TRUSTED_PROXIES),
    tls: certPath === '' ? undefined : { certPath, keyPath },
    bodyMaxBytes: config.NIGHTSHIFT_BODY_MAX_BYTES,
    headersTimeoutMs: config.NIGHTSHIFT_HEADERS_TIMEOUT_MS,
    bodyTimeoutMs: config.NIGHTSHIFT_BODY_TIMEOUT_MS,
    rateLimits: {
      byDefault: readRateLimit(config.NIGHTSHIFT_RATE_LIMIT),
      anonymous: readRateLimit(config.NIGHTSHIFT_ANONYMOUS_RATE_LIMIT),
      failed: readRateLimit(config.NIGHTSHIFT_FAILED_KEYS_RATE_LIMIT),
    },
  };
};
