import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { StreamDeclaration } from '@nightshift/contracts';
import type { MessagingLog } from './messaging-log.ts';

/** The connection as the parts of the bus share it. */
export interface Link {
  readonly nc: NatsConnection;
  readonly log: MessagingLog;
  readonly isConnected: () => boolean;
  /** Sends at once what this turn of the event loop has published and sent so far: for whatever must come after it. */
  readonly sendPending: () => void;
  /**
   * Asks the JetStream API. Rejects at once when the connection is or gets lost, where the client would wait for its time-out:
   * recovery is as quick as the server.
   */
  readonly ask: <T>(call: (manager: JetStreamManager) => Promise<T>) => Promise<T>;
  /** Makes sure that a stream exists, and remembers it. */
  readonly ensureStream: (declaration: StreamDeclaration) => Promise<void>;
  readonly onDisconnect: (listener: () => void) => () => void;
  readonly onReconnect: (listener: () => void) => () => void;
}
