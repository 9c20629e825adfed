import { startEngineProcess } from '../engine-process.ts';
import { pinnedVersion, type Peer } from '../peer.ts';

export const graphileWorker: Peer = {
  name: 'graphile-worker',
  version: pinnedVersion('graphile-worker'),
  kind: 'queue',
  work: 'addJob for each caller, answered when the task has run; no steps, no result kept, its row deleted a little later',
  settings: {
    'concurrentJobs, maxPoolSize': '24 and 25, as in its performance guide; more was not faster on two cores',
    'localQueue.size, completeJobBatchDelay': '500 and 0, as there',
    processes: '1, in the node:http service that adds the jobs',
    logger: 'none, it would write a line per job',
  },
  start: (environment) => startEngineProcess(new URL('engine.mjs', import.meta.url), environment),
};
