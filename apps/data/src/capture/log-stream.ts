import type { Socket } from 'node:net';
import { LogicalReplicationService, PgoutputPlugin, type Pgoutput } from 'pg-logical-replication';
import { PUBLICATION } from '../database/grounds.ts';
import { session } from '../database/session.ts';
import { formatLogPosition, parseLogPosition, type LogPosition } from './log-position.ts';

export interface LogStreamOptions {
  url: string;
  slot: string;
  onMessage: (message: Pgoutput.Message) => void;
  /** Postgres has read its log up to here and has nothing for us. */
  onKeepalive: (position: LogPosition, wantsAnswer: boolean) => void;
}

/** One replication connection, from the slot's confirmed position on. */
export interface LogStream {
  /** Settles when the first message can arrive. Rejects as `ended` does. */
  readonly started: Promise<void>;
  /** Rejects when the connection ends by itself, with the reason; resolves after `close`. */
  readonly ended: Promise<void>;
  /** Tells Postgres that everything before the position need not be sent again. 0 only says that we live. */
  confirm(position: LogPosition): void;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** How long a connection may take to say goodbye; one that leads nowhere never does. */
const CLOSE_BOUND_MS = 500;

interface Internals {
  _client?: { end(): Promise<void> } | null;
  _connection?: { stream: Socket } | null;
}

export const openLogStream = ({ url, slot, onMessage, onKeepalive }: LogStreamOptions): LogStream => {
  const service = new LogicalReplicationService(
    // Without a keepalive a server that vanished is never missed while there is nothing to send.
    {
      connectionString: url,
      application_name: 'nightshift change capture',
      options: session,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    },
    // Its own acknowledgements tell what has arrived; ours tell what is finished.
    { acknowledge: { auto: false, timeoutSeconds: 0 } },
  );
  const internals = service as unknown as Internals;
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let isClosed = false;
  const fail = (error: unknown): void => {
    started.reject(error);
    ended.reject(error);
  };
  started.promise.catch(() => {});
  ended.promise.catch(() => {});

  service.on('start', () => started.resolve());
  service.on('error', fail);
  service.on('data', (_position: string, message: Pgoutput.Message) => {
    try {
      if (!isClosed) onMessage(message);
    } catch (error) {
      fail(error);
    }
  });
  service.on('heartbeat', (position: string, _time: number, wantsAnswer: boolean) => {
    if (!isClosed) onKeepalive(parseLogPosition(position), wantsAnswer);
  });

  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [PUBLICATION], messages: true });
  // From 0/0 Postgres goes on at the position that was confirmed last.
  service.subscribe(plugin, slot, '0/0').then(
    () => fail(new Error('the replication connection ended')),
    (error: unknown) => fail(error),
  );

  return {
    started: started.promise,
    ended: ended.promise,
    // The library sends the position plus one, as if it named the last byte; a transaction that begins right there would be lost.
    confirm: (position) => void service.acknowledge(formatLogPosition(Math.max(0, position - 1))),
    pause: () => void internals._connection?.stream.pause(),
    resume: () => void internals._connection?.stream.resume(),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      ended.resolve();
      started.reject(new Error('closed'));
      const socket = internals._connection?.stream;
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_BOUND_MS)));
      await Promise.race([service.stop().catch(() => {}), bound]);
      clearTimeout(timer);
      socket?.destroy();
    },
  };
};
