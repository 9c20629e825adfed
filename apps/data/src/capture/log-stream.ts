import type { Socket } from 'node:net';
import pg from 'pg';
import { PUBLICATION } from '../database/grounds.ts';
import { quoteName, quoteText } from '../database/quote.ts';
import { session } from '../database/session.ts';
import { makeFrames } from './frames.ts';
import type { LogPosition } from './log-position.ts';
import { copyDataTags, protocolTags, queryMessage, readError, statusMessage } from './replication-protocol.ts';

export interface LogStreamOptions {
  url: string;
  slot: string;
  /**
   * One message of pgoutput, from `start` to before `end` of the bytes, which are only lent for the call. Nothing else is taken from
   * the connection until the promise resolves that it may answer with.
   */
  onMessage: (bytes: Buffer, start: number, end: number) => Promise<void> | undefined;
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
  close(): Promise<void>;
}

/** How long a connection may take to say goodbye; one that leads nowhere never does. */
const CLOSE_BOUND_MS = 500;

/**
 * The driver connects; from then on its socket is read here, because messages are handed on as bytes: what the driver makes of each
 * costs more than everything that is done with it.
 */
export const openLogStream = ({ url, slot, onMessage, onKeepalive }: LogStreamOptions): LogStream => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'nightshift change capture',
    options: session,
    // Without it a server that vanished is never missed while there is nothing to send.
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    replication: 'database',
  } as pg.ClientConfig);
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let socket: Socket | undefined;
  let isClosed = false;
  const fail = (error: unknown): void => {
    started.reject(error);
    ended.reject(error);
  };
  started.promise.catch(() => {});
  ended.promise.catch(() => {});

  const frames = makeFrames();
  let isBusy = false;

  const take = (): Promise<void> | undefined => {
    const { bytes, start, end } = frames;
    switch (frames.type) {
      case protocolTags.copyData:
        if (bytes[start] === copyDataTags.walData) return onMessage(bytes, start + 25, end);
        if (bytes[start] === copyDataTags.keepalive)
          onKeepalive(Number(bytes.readBigUInt64BE(start + 1)), bytes[start + 17] === 1);
        return;
      case protocolTags.copyBoth:
        started.resolve();
        return;
      case protocolTags.error:
        throw readError(bytes, start, end);
      case protocolTags.copyDone:
        throw new Error('postgres has ended the replication');
    }
  };

  const drain = (): void => {
    try {
      while (!isClosed && frames.next()) {
        const taken = take();
        if (taken === undefined) continue;
        isBusy = true;
        socket!.pause();
        taken.then(() => {
          isBusy = false;
          drain();
          if (!isBusy) socket!.resume();
        }, fail);
        return;
      }
    } catch (error) {
      fail(error);
    }
  };

  const start = async (): Promise<void> => {
    await client.connect();
    if (isClosed) return;
    socket = (client as unknown as { connection: { stream: Socket } }).connection.stream;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      if (!isBusy) drain();
    });
    // From 0/0 Postgres goes on at the position that was confirmed last.
    const options = `proto_version '1', publication_names ${quoteText(PUBLICATION)}, messages 'true'`;
    socket.write(queryMessage(`START_REPLICATION SLOT ${quoteName(slot)} LOGICAL 0/0 (${options})`));
  };
  client.on('error', fail);
  client.on('end', () => fail(new Error('the replication connection ended')));
  start().catch(fail);

  return {
    started: started.promise,
    ended: ended.promise,
    confirm: (position) => {
      if (!isClosed && socket?.writable === true) socket.write(statusMessage(position));
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      ended.resolve();
      started.reject(new Error('closed'));
      socket?.resume();
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_BOUND_MS)));
      await Promise.race([client.end().catch(() => {}), bound]);
      clearTimeout(timer);
      socket?.destroy();
    },
  };
};
