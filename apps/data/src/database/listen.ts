import pg from 'pg';

export interface ListenOptions {
  url: string;
  channel: string;
  /** As Postgres shows the connection. */
  applicationName: string;
  /** Somebody notified, or the connection was away and nobody could. */
  onNotified: () => void;
}

/** Bounds how long what was notified while the connection was away stays unheard. */
const RECONNECT_MS = 500;

/** Listens on a connection of its own until closed; reconnects for ever. */
export const listen = ({ url, channel, applicationName, onNotified }: ListenOptions): { close(): Promise<void> } => {
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const again = (): void => {
    client = undefined;
    if (!isClosed) retry ??= setTimeout(connect, RECONNECT_MS);
  };
  const connect = (): void => {
    retry = undefined;
    const next = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client = next;
    next.on('notification', onNotified);
    next.on('error', () => {});
    next.once('end', again);
    next
      .connect()
      .then(() => next.query(`LISTEN ${channel}`))
      .then(onNotified)
      .catch(() => next.end().catch(() => {}));
  };
  connect();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {});
    },
  };
};
