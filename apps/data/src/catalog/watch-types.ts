import pg from 'pg';

/** What the transaction that declares a type notifies. */
export const TYPES_CHANGED = 'nightshift_types';

export interface WatchTypesOptions {
  url: string;
  /** Types may have changed: somebody said so, or the connection was away and nobody could. */
  onChanged: () => void;
}

/** Bounds how long a type that another replica declared while the connection was away stays unknown here. */
const RECONNECT_MS = 500;

/** Listens on a connection of its own until closed; reconnects for ever. */
export const watchTypes = ({ url, onChanged }: WatchTypesOptions): { close(): Promise<void> } => {
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
      application_name: 'nightshift data types',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client = next;
    next.on('notification', onChanged);
    next.on('error', () => {});
    next.once('end', again);
    next
      .connect()
      .then(() => next.query(`LISTEN ${TYPES_CHANGED}`))
      .then(onChanged)
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
