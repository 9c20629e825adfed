import type { EventSource, EventSourceBody } from '@nightshift/contracts';
import type { Database } from './database.ts';

/** Where signed events come from. */
export interface EventSources {
  /** Keeps a source, in place of one of the same name. */
  put(name: string, body: EventSourceBody): Promise<EventSource>;
  find(name: string): Promise<EventSource | undefined>;
  /** All of them, by name. */
  list(): Promise<EventSource[]>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
  /** What the secrets that the source names hold, sealed; those that are there. */
  sealedSecrets(name: string): Promise<string[]>;
}

interface Row {
  name: string;
  created_at: Date;
  updated_at: Date;
  body: EventSourceBody;
}

const VIEW = `name, created_at, updated_at, spec -> 'body' AS body`;

export const makeEventSources = (database: Database): EventSources => ({
  put: async (name, body) => {
    const [row] = await database.query<Row>(
      'put-event-source',
      `INSERT INTO nightshift.event_sources (name, spec) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, updated_at = now() RETURNING ${VIEW}`,
      [name, JSON.stringify({ body, secrets: [body.secret].flat() })],
    );
    return toSource(row!);
  },

  // Index: primary key.
  find: async (name) => {
    const [row] = await database.query<Row>(
      'find-event-source',
      `SELECT ${VIEW} FROM nightshift.event_sources WHERE name = $1`,
      [name],
    );
    return row && toSource(row);
  },

  list: async () => {
    const rows = await database.query<Row>(
      'list-event-sources',
      `SELECT ${VIEW} FROM nightshift.event_sources ORDER BY name`,
    );
    return rows.map(toSource);
  },

  remove: async (name) => {
    const rows = await database.query(
      'remove-event-source',
      'DELETE FROM nightshift.event_sources WHERE name = $1 RETURNING name',
      [name],
    );
    return rows.length > 0;
  },

  sealedSecrets: async (name) => {
    const rows = await database.query<{ sealed: string }>(
      'event-source-secrets',
      'SELECT sealed FROM nightshift.event_source_secrets($1)',
      [name],
    );
    return rows.map(({ sealed }) => sealed);
  },
});

const toSource = ({ name, created_at: createdAt, updated_at: updatedAt, body }: Row): EventSource => ({
  name,
  ...body,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
