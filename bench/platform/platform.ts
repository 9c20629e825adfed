import { startCluster, type Cluster } from '@nightshift/testing';
import pg from 'pg';
import { makeApi, type Api } from './api.ts';
import { checkDurability, type Durability } from './durability.ts';

/** Nightshift under measurement: servers and services of its own, one of each, with an empty ledger. */
export interface Platform {
  cluster: Cluster;
  api: Api;
  /** Reads the ledger, and writes what an application would write with plain SQL. */
  database: pg.Client;
  durability: Durability;
}

export interface PlatformOptions {
  /** Ends the work early: everything is stopped, and the promise rejects. */
  signal: AbortSignal;
  /** More environment for the services. */
  env?: Record<string, string>;
}

/** Starts the platform, lets `work` have it, and stops it whatever happens. Nothing of it remains. */
export const withPlatform = async <T>(
  { signal, env }: PlatformOptions,
  work: (platform: Platform) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const cluster = await startCluster({ replicas: 1, env: { NODE_ENV: 'production', ...env } });
  const database = new pg.Client({ connectionString: cluster.databaseUrl });
  try {
    const [url = ''] = cluster.gatewayUrls;
    await database.connect();
    const durability = await checkDurability(database);
    const platform: Platform = { cluster, api: makeApi(url, cluster.adminKey), database, durability };
    return await Promise.race([work(platform), rejectOnAbort(signal)]);
  } finally {
    await database.end();
    await cluster.stop();
  }
};

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
