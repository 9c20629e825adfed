import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { CommonConfigSchema, commonConfig } from './common-config.ts';
import { readConfig } from './read-config.ts';

const schema = Type.Object({
  ...commonConfig,
  NIGHTSHIFT_BATCH: Type.Integer({ minimum: 1, default: 10 }),
  NIGHTSHIFT_VERBOSE: Type.Boolean({ default: false }),
  NIGHTSHIFT_RATIO: Type.Optional(Type.Number()),
});

const good = { NIGHTSHIFT_HTTP_PORT: '8080', NIGHTSHIFT_NATS_URL: 'nats://a:b@127.0.0.1:4222' };

describe('readConfig', () => {
  it('reads numbers and booleans and fills in defaults', () => {
    const config = readConfig(schema, { ...good, NIGHTSHIFT_VERBOSE: 'true', NIGHTSHIFT_RATIO: '0.5', HOME: '/root' });
    expect(config).toMatchObject({
      NIGHTSHIFT_HTTP_PORT: 8080,
      NIGHTSHIFT_HTTP_HOST: '127.0.0.1',
      NIGHTSHIFT_NATS_URL: 'nats://a:b@127.0.0.1:4222',
      NIGHTSHIFT_LOG_LEVEL: 'info',
      NIGHTSHIFT_BATCH: 10,
      NIGHTSHIFT_VERBOSE: true,
      NIGHTSHIFT_RATIO: 0.5,
    });
  });

  it('names every variable that is missing or bad, and no value', () => {
    const read = () =>
      readConfig(schema, {
        NIGHTSHIFT_HTTP_PORT: 'secret-port',
        NIGHTSHIFT_NATS_URL: ' ',
        NIGHTSHIFT_LOG_LEVEL: 'loud',
      });
    expect(read).toThrow(/NIGHTSHIFT_HTTP_PORT/);
    expect(read).toThrow(/NIGHTSHIFT_NATS_URL is required/);
    expect(read).toThrow(/NIGHTSHIFT_LOG_LEVEL/);
    expect(read).not.toThrow(/secret-port|loud/);
  });

  it('takes an empty variable for a missing one', () => {
    expect(readConfig(CommonConfigSchema, { ...good, NIGHTSHIFT_HTTP_HOST: '' }).NIGHTSHIFT_HTTP_HOST).toBe(
      '127.0.0.1',
    );
  });
});
