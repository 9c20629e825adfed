import { startEngineProcess } from '../engine-process.ts';
import { pinnedVersion, type Peer } from '../peer.ts';

export const dbos: Peer = {
  name: 'DBOS Transact',
  version: pinnedVersion('@dbos-inc/dbos-sdk'),
  kind: 'workflow',
  work: 'a workflow of three steps, started and awaited in the node:http service that the library lives in',
  settings: {
    systemDatabasePoolSize: '10, the default: 20 and 40 were as fast or slower on two cores',
    processes: '1, with Postgres it fills two cores',
    logLevel: 'warn; tracing is off by default',
  },
  start: (environment) => startEngineProcess(new URL('engine.mjs', import.meta.url), environment),
};
