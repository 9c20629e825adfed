import { connectBus } from '@nightshift/messaging';
import { holdLeadership, type Logger } from '@nightshift/runtime';
import type { Registry } from 'prom-client';
import type { Queryable } from '../database/queryable.ts';
import { makeCaptureMetrics } from './capture-metrics.ts';
import { openRelay, type Relay } from './relay.ts';
import { UNACKED_MAX } from './relay-session.ts';
import { watchSlot } from './slot-guard.ts';

/**
 * With the time that a successor needs, a second at most, this is how long events stay away when the leader is stopped. Smaller takes
 * a leader on a busy machine for a dead one.
 */
const PATIENCE_MS = 1_200;

export interface CaptureOptions {
  url: string;
  natsUrl: string;
  natsReplicas: number;
  slot: string;
  warnBytes: number;
  /** Above this the slot is given up, before the disk is full; never, unless told. */
  limitBytes?: number;
  db: Queryable;
  registry: Registry;
  logger: Logger;
}

export interface Capture {
  /** Whether this replica's relay reads the log now; false in a standby. */
  readonly isReading: boolean;
  close(): Promise<void>;
}

/** Change capture: a relay in the one replica that leads, a standby in the others. */
export const openCapture = ({
  url,
  natsUrl,
  natsReplicas,
  slot,
  warnBytes,
  limitBytes = Infinity,
  db,
  registry,
  logger,
}: CaptureOptions): Capture => {
  const metrics = makeCaptureMetrics(registry);
  const connect = () =>
    connectBus({
      url: natsUrl,
      name: 'data change capture',
      log: logger,
      replicas: natsReplicas,
      publishWindow: UNACKED_MAX,
    });
  let relay: Relay | undefined;
  const guard = watchSlot({
    db,
    slot,
    warnBytes,
    limitBytes,
    isLeading: () => relay !== undefined,
    onLimit: () => relay?.beginAgain(),
    metrics,
    logger,
  });
  const leadership = holdLeadership({
    connectionString: url,
    name: `change capture ${slot}`,
    patienceMs: PATIENCE_MS,
    logger,
    onGained: async () => {
      relay = openRelay({ url, slot, db, limitBytes, connect, metrics, logger });
    },
    onLost: async () => {
      const ended = relay;
      relay = undefined;
      await ended?.close();
    },
  });
  return {
    get isReading() {
      return relay?.isReading ?? false;
    },
    close: async () => {
      guard.close();
      await leadership.close();
    },
  };
};
