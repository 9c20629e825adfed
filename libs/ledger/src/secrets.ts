import type { SecretInfo } from '@nightshift/contracts';
import type { Database } from './database.ts';

/** Secrets of the application, sealed by whoever puts them here: the ledger never sees one. */
export interface Secrets {
  /** Keeps a secret, in place of one of the same name. */
  put(name: string, sealed: string): Promise<void>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
  /** All of them, by name, without what they hold. */
  list(): Promise<SecretInfo[]>;
  /** Those of the names that are there, as they were put. Only the executor may. */
  sealed(names: readonly string[]): Promise<Map<string, string>>;
}

export const makeSecrets = (database: Database): Secrets => ({
  // The value comes from the parameter: reading `excluded.sealed` would take the right to read what is sealed.
  put: async (name, sealed) => {
    await database.query(
      'put-secret',
      `INSERT INTO nightshift.secrets (name, sealed) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET sealed = $2, updated_at = now()`,
      [name, sealed],
    );
  },

  remove: async (name) => {
    const rows = await database.query(
      'remove-secret',
      'DELETE FROM nightshift.secrets WHERE name = $1 RETURNING name',
      [name],
    );
    return rows.length > 0;
  },

  list: async () => {
    const rows = await database.query<{ name: string; created_at: Date; updated_at: Date }>(
      'list-secrets',
      'SELECT name, created_at, updated_at FROM nightshift.secrets ORDER BY name',
    );
    return rows.map((row) => ({
      name: row.name,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    }));
  },

  sealed: async (names) => {
    const rows = await database.query<{ name: string; sealed: string }>(
      'sealed-secrets',
      'SELECT name, sealed FROM nightshift.secrets WHERE name = ANY($1::text[])',
      [names],
    );
    return new Map(rows.map(({ name, sealed }) => [name, sealed]));
  },
});
