import { Failure, type Caller, type RateLimit, type Role } from '@nightshift/contracts';
import type { Database } from './database.ts';

/** A key of the door. The ledger knows the hash of what opens it, and never that itself. */
export interface Key {
  id: string;
  name: string;
  role: Role | null;
  starts: string[];
  seesPayloads: boolean;
  rateLimit: RateLimit | null;
  /** As whom everything is asked for with it; null: as the platform. */
  user: string | null;
  createdAt: Date;
  createdBy: Caller;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  hash: Buffer;
  /** Of the key that it had before it was rotated. */
  previousHash: Buffer | null;
  /** Until when that one is good. */
  previousUntil: Date | null;
}

export type PutKey = Pick<
  Key,
  'id' | 'name' | 'role' | 'starts' | 'seesPayloads' | 'rateLimit' | 'user' | 'createdBy' | 'expiresAt' | 'hash'
>;

/** What is undefined stays as it is. */
export type ChangeKey = Partial<Pick<Key, 'role' | 'starts' | 'seesPayloads' | 'rateLimit' | 'expiresAt'>>;

export interface RotateKey {
  hash: Buffer;
  overlapMs: number;
  /** Of the request: it rotates the key once. */
  requestId: string;
}

export interface Keys {
  /** @throws Failure `key.shown_once` if the id was put before, `key.name_taken` */
  create(key: PutKey): Promise<Key>;
  /** Those of the ids that there are. */
  find(ids: readonly string[]): Promise<Key[]>;
  /** Newest first. */
  list(withRevoked: boolean): Promise<Key[]>;
  /** @throws Failure `key.not_found`, `key.revoked` */
  change(id: string, change: ChangeKey): Promise<Key>;
  /** @throws Failure `key.not_found`, `key.revoked`, `key.shown_once` if this request has rotated it */
  rotate(id: string, rotation: RotateKey): Promise<Key>;
  /** Does nothing to a key that is revoked. @throws Failure `key.not_found` */
  revoke(id: string): Promise<Key>;
  /** Keys were used, at the latest then. */
  used(uses: ReadonlyMap<string, Date>): Promise<void>;
}

interface Row {
  id: string;
  name: string;
  role: Role | null;
  starts: string[];
  sees_payloads: boolean;
  rate_limit: RateLimit | null;
  user_id: string | null;
  created_at: Date;
  created_by: Caller;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  rotated_by: string | null;
  hash: Buffer;
  previous_hash: Buffer | null;
  previous_until: Date | null;
}

const jsonOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

export const makeKeys = (database: Database): Keys => {
  // Index: primary key.
  const rowOf = async (id: string): Promise<Row | undefined> =>
    (await database.query<Row & object>('find-key', 'SELECT * FROM nightshift.api_keys WHERE id = $1', [id]))[0];

  /** Why a key could not be changed. */
  const refused = async (id: string, requestId?: string): Promise<Failure> => {
    const row = await rowOf(id);
    if (row === undefined) return notFound(id);
    if (row.revoked_at !== null) return new Failure('key.revoked', { detail: `The key "${row.name}" was revoked` });
    return requestId !== undefined && row.rotated_by === requestId
      ? shownOnce(id)
      : new Failure('ledger.unavailable', { detail: 'The key is being changed by somebody else' });
  };

  return {
    create: async (key) => {
      const [row] = await database.query<Row & object>(
        'create-key',
        `INSERT INTO nightshift.api_keys (id, name, role, starts, sees_payloads, rate_limit, user_id, created_by, expires_at, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING *`,
        [
          key.id,
          key.name,
          key.role,
          key.starts,
          key.seesPayloads,
          jsonOf(key.rateLimit),
          key.user,
          jsonOf(key.createdBy),
          key.expiresAt,
          key.hash,
        ],
      );
      if (row !== undefined) return toKey(row);
      throw (await rowOf(key.id)) !== undefined
        ? shownOnce(key.id)
        : new Failure('key.name_taken', {
            detail: `There is, or was, a key with the name "${key.name}". What was asked for with it is remembered by that name.`,
          });
    },

    // Index: primary key.
    find: async (ids) => {
      const rows = await database.query<Row & object>(
        'find-keys',
        'SELECT * FROM nightshift.api_keys WHERE id = ANY($1::uuid[])',
        [ids],
      );
      return rows.map(toKey);
    },

    // Reads all there are: they are made by hand.
    list: async (withRevoked) => {
      const rows = await database.query<Row & object>(
        'list-keys',
        'SELECT * FROM nightshift.api_keys WHERE $1 OR revoked_at IS NULL ORDER BY created_at DESC, id DESC',
        [withRevoked],
      );
      return rows.map(toKey);
    },

    // Locks the key's row. Index: primary key.
    change: async (id, { role, starts, seesPayloads, rateLimit, expiresAt }) => {
      const [row] = await database.query<Row & object>(
        'change-key',
        `UPDATE nightshift.api_keys SET
           role = CASE WHEN $2 THEN $3 ELSE role END,
           starts = coalesce($4, starts),
           sees_payloads = coalesce($5, sees_payloads),
           rate_limit = CASE WHEN $6 THEN $7 ELSE rate_limit END,
           expires_at = CASE WHEN $8 THEN $9 ELSE expires_at END
         WHERE id = $1 AND revoked_at IS NULL RETURNING *`,
        [
          id,
          role !== undefined,
          role ?? null,
          starts ?? null,
          seesPayloads ?? null,
          rateLimit !== undefined,
          jsonOf(rateLimit ?? null),
          expiresAt !== undefined,
          expiresAt ?? null,
        ],
      );
      if (row === undefined) throw await refused(id);
      return toKey(row);
    },

    // Locks the key's row. Index: primary key.
    rotate: async (id, { hash, overlapMs, requestId }) => {
      const [row] = await database.query<Row & object>(
        'rotate-key',
        `UPDATE nightshift.api_keys SET
           previous_hash = hash, previous_until = now() + $3 * interval '1 millisecond', hash = $2, rotated_by = $4
         WHERE id = $1 AND revoked_at IS NULL AND rotated_by IS DISTINCT FROM $4 RETURNING *`,
        [id, hash, overlapMs, requestId],
      );
      if (row === undefined) throw await refused(id, requestId);
      return toKey(row);
    },

    // Locks the key's row. Index: primary key.
    revoke: async (id) => {
      const [row] = await database.query<Row & object>(
        'revoke-key',
        `UPDATE nightshift.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING *`,
        [id],
      );
      if (row === undefined) throw notFound(id);
      return toKey(row);
    },

    // Locks the keys' rows, in one order. Index: primary key.
    used: async (uses) => {
      await database.query(
        'keys-used',
        `WITH used AS (SELECT id, at FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, at)),
         locked AS (SELECT k.id FROM nightshift.api_keys k JOIN used USING (id) ORDER BY k.id FOR UPDATE OF k)
         UPDATE nightshift.api_keys k SET last_used_at = greatest(k.last_used_at, used.at)
         FROM used JOIN locked USING (id) WHERE k.id = used.id`,
        [[...uses.keys()], [...uses.values()]],
      );
    },
  };
};

const notFound = (id: string): Failure => new Failure('key.not_found', { detail: `There is no key ${id}` });

const shownOnce = (id: string): Failure =>
  new Failure('key.shown_once', {
    detail: `This request has made the key ${id} before, and its answer has shown it. If that is lost, rotate the key.`,
  });

const toKey = (row: Row): Key => ({
  id: row.id,
  name: row.name,
  role: row.role,
  starts: row.starts,
  seesPayloads: row.sees_payloads,
  rateLimit: row.rate_limit,
  user: row.user_id,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  lastUsedAt: row.last_used_at,
  hash: row.hash,
  previousHash: row.previous_hash,
  previousUntil: row.previous_until,
});
