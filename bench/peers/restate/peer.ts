import { startEngineProcess } from '../engine-process.ts';
import { pinnedVersion, type Peer, type PeerEnvironment } from '../peer.ts';

export interface RestateEnvironment extends PeerEnvironment {
  partitions: number;
}

const makeRestate = (name: string, partitions: number, why: string): Peer => ({
  name,
  version: `${pinnedVersion('@restatedev/restate-server')}, SDK ${pinnedVersion('@restatedev/restate-sdk')}`,
  kind: 'workflow',
  work: 'a handler of three ctx.run steps in a service of its own process, called through the HTTP ingress',
  settings: {
    'default-num-partitions': `${partitions}, ${why}`,
    handler: "a service's; a workflow's, with a key per run, was as fast",
    endpoint: 'HTTP/2, so that steps are streamed and no handler is suspended between them',
    durability: 'the default: the log is written through RocksDB with fsync',
    logging: 'warnings only in server and SDK, telemetry to the vendor off',
  },
  start: (environment) =>
    startEngineProcess<RestateEnvironment>(
      new URL('engine.mjs', import.meta.url),
      { ...environment, partitions },
      // By default the SDK writes two lines per run.
      { RESTATE_LOGGING: 'WARN' },
    ),
});

export const restate = makeRestate('Restate', 24, 'the default');

/** Each partition syncs a log of its own; with one, a sync serves more runs at a time. */
export const restateWithOnePartition = makeRestate(
  'Restate, 1 partition',
  1,
  'which is faster on a single small node (github.com/restatedev/restate/issues/5305); it cannot be changed later',
);
