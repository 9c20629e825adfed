import { dbos } from './dbos/peer.ts';
import { graphileWorker } from './graphile-worker/peer.ts';
import type { Peer } from './peer.ts';
import { restate, restateWithOnePartition } from './restate/peer.ts';

export const peers: readonly Peer[] = [dbos, restate, restateWithOnePartition, graphileWorker];
