import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

describe('the settings of the local platform', () => {
  it('have standard ports and one replica', () => {
    const { replicas, ports } = readSettings([], {});
    expect(replicas).toBe(1);
    expect(ports).toMatchObject({ gateway: 4400, scheduler: 4401, executor: 4402, trigger: 4403, data: 4404 });
    expect(ports).toMatchObject({ nats: 4422, postgres: 4432 });
  });

  it('come from the environment, and from flags before it', () => {
    const env = { NIGHTSHIFT_PORT: '5000', NIGHTSHIFT_PG_PORT: '5001', NIGHTSHIFT_DIRECTORY: '/tmp/elsewhere' };
    const { replicas, ports, directory } = readSettings(['--replicas', '2', '--port=6000'], env);
    expect({ replicas, directory }).toEqual({ replicas: 2, directory: '/tmp/elsewhere' });
    expect(ports).toMatchObject({ gateway: 6000, postgres: 5001 });
  });

  it('pass on to the services what is not about the platform', () => {
    const env = { NIGHTSHIFT_LOG_LEVEL: 'debug', NIGHTSHIFT_PORT: '5000', HOME: '/root' };
    expect(readSettings([], env).serviceEnv).toEqual({ NIGHTSHIFT_LOG_LEVEL: 'debug' });
  });

  it('are refused with every wrong value named', () => {
    const reading = (): unknown =>
      readSettings(['--replicas', 'two'], { NIGHTSHIFT_PORT: '70000', NIGHTSHIFT_NATS_PORT: '' });
    expect(reading).toThrow(/NIGHTSHIFT_PORT must be a number from 1 to 65535/);
    expect(reading).toThrow(/NIGHTSHIFT_NATS_PORT must be/);
    expect(reading).toThrow(/--replicas must be a number from 1 to 32/);
  });

  it('are refused when two parts get one port', () => {
    expect(() => readSettings(['--port', '4432'], {})).toThrow('gateway and postgres cannot both have port 4432');
  });

  it('are refused with the usage when a flag is unknown', () => {
    expect(() => readSettings(['--replica', '2'], {})).toThrow(/--replica[^]*--replicas N/);
  });
});
