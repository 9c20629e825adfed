import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureEndpoint, type EndpointFigures, type MeasureEndpointOptions } from '../load/measure-endpoint.ts';
import type { Peer } from './peer.ts';
import { createDatabase, dropDatabase } from './postgres.ts';

export type MeasurePeerOptions = Pick<MeasureEndpointOptions, 'seconds' | 'warmupSeconds' | 'concurrency'> & {
  /** A server on which databases may be made and dropped. */
  postgresUrl: string;
  /** Ends the round early: the engine is stopped, its traces are removed, and the promise rejects. */
  signal?: AbortSignal;
};

let databases = 0;

/** One round of one engine: started with an empty database and directory, measured, stopped; nothing of it remains. */
export const measurePeer = async (
  peer: Peer,
  { postgresUrl, signal, ...times }: MeasurePeerOptions,
): Promise<EndpointFigures> => {
  const database = `bench_peer_${process.pid}_${(databases += 1)}`;
  const directory = await mkdtemp(join(tmpdir(), 'nightshift-bench-peer-'));
  try {
    const databaseUrl = await createDatabase(postgresUrl, database);
    const running = await peer.start({ databaseUrl, directory });
    try {
      const measuring = measureEndpoint({ url: running.url, findFault: findUnfinishedRun, ...times });
      return await (signal ? Promise.race([measuring, rejectOnAbort(signal)]) : measuring);
    } finally {
      await running.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
    await dropDatabase(postgresUrl, database);
  }
};

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Every peer answers the values of its three steps. */
const threeNumbers = /^\[[\d.e-]+,[\d.e-]+,[\d.e-]+\]$/;

const findUnfinishedRun = (body: string): string | undefined =>
  threeNumbers.test(body) ? undefined : 'not the result of three steps';
