import type { Database } from './database.ts';

/** A key within its scope: that of one caller. */
export interface IdempotencyKey {
  scope: string;
  key: string;
}

/** An answer as it went out. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Of the body of the request, if that was a stream. */
  upload: string | null;
}

/** A request that asks for a key. */
export interface ClaimKey extends IdempotencyKey {
  /** Of all that makes it this request. */
  request: string;
  /** Who is at it. */
  holder: string;
  at: Date;
  leaseMs: number;
}

/**
 * `first`: the key is this request's, and is to be answered or released; `at`: when the first attempt at it began, which may be long ago if
 * whoever made it died. `answered`: it was answered before. `busy`: somebody is at it, at least until `leaseUntil` unless he renews.
 * `other`: the key belongs to another request.
 */
export type Claim =
  | { outcome: 'first'; at: Date }
  | { outcome: 'answered'; answer: KeptAnswer }
  | { outcome: 'busy'; leaseUntil: Date }
  | { outcome: 'other' };

/** The first request under each key, and its answer. */
export interface Idempotency {
  claim(claim: ClaimKey): Promise<Claim>;
  /** Whoever holds the claims is still at it. */
  renew(holder: string, keys: readonly IdempotencyKey[], leaseMs: number): Promise<void>;
  /** Keeps the answer of a claim. Nothing, if another one has taken it over. */
  keepAnswer(key: IdempotencyKey, holder: string, answer: KeptAnswer): Promise<void>;
  /** Gives up a claim: `forget` if nothing came of the request; otherwise only the same request may have the key. */
  release(key: IdempotencyKey, holder: string, forget: boolean): Promise<void>;
  /** Forgets keys of before. @returns how many, `limit` at most */
  forget(before: Date, limit: number): Promise<number>;
}

interface Row {
  lease_until: Date;
  answered_at: Date | null;
  status: number | null;
  request: string;
  upload: string | null;
  headers: Record<string, string> | null;
  body: string | null;
}

export const makeIdempotency = (database: Database): Idempotency => ({
  // Locks the key's row. Index: primary key.
  claim: async ({ scope, key, request, holder, at, leaseMs }) => {
    for (;;) {
      const [mine] = await database.query<{ at: Date }>(
        'claim-key',
        `INSERT INTO nightshift.idempotency_keys AS k (scope, key, request, holder, at, lease_until)
         VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')
         ON CONFLICT (scope, key) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
         WHERE k.answered_at IS NULL AND k.lease_until < clock_timestamp() AND k.request = excluded.request
         RETURNING at`,
        [scope, key, request, holder, at, leaseMs],
      );
      if (mine) return { outcome: 'first', at: mine.at };
      const [row] = await database.query<Row & object>(
        'read-key',
        `SELECT lease_until, answered_at, status, request, upload, headers, body
         FROM nightshift.idempotency_keys WHERE scope = $1 AND key = $2`,
        [scope, key],
      );
      // Released in between.
      if (!row) continue;
      if (row.request !== request) return { outcome: 'other' };
      if (row.answered_at === null) return { outcome: 'busy', leaseUntil: row.lease_until };
      const { status, headers, body, upload } = row;
      return { outcome: 'answered', answer: { status: status!, headers: headers ?? {}, body: body ?? '', upload } };
    }
  },

  // Locks the keys' rows. Index: primary key.
  renew: async (holder, keys, leaseMs) => {
    await database.query(
      'renew-keys',
      `UPDATE nightshift.idempotency_keys k SET lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       FROM unnest($2::text[], $3::text[]) AS mine (scope, key)
       WHERE k.scope = mine.scope AND k.key = mine.key AND k.holder = $1 AND k.answered_at IS NULL`,
      [holder, keys.map(({ scope }) => scope), keys.map(({ key }) => key), leaseMs],
    );
  },

  // Locks the key's row. Index: primary key.
  keepAnswer: async ({ scope, key }, holder, { status, headers, body, upload }) => {
    await database.query(
      'keep-answer',
      `UPDATE nightshift.idempotency_keys SET answered_at = clock_timestamp(), status = $4, headers = $5, body = $6, upload = $7
       WHERE scope = $1 AND key = $2 AND holder = $3 AND answered_at IS NULL`,
      [scope, key, holder, status, JSON.stringify(headers), body, upload],
    );
  },

  // Locks the key's row. Index: primary key.
  release: async ({ scope, key }, holder, forget) => {
    await database.query(
      forget ? 'forget-key' : 'release-key',
      `${forget ? 'DELETE FROM nightshift.idempotency_keys' : `UPDATE nightshift.idempotency_keys SET lease_until = '-infinity'`}
       WHERE scope = $1 AND key = $2 AND holder = $3 AND answered_at IS NULL`,
      [scope, key, holder],
    );
  },

  // Locks the rows that it deletes. Index: idempotency_keys_by_time.
  forget: async (before, limit) => {
    const [row] = await database.query<{ removed: number }>(
      'forget-keys',
      `WITH removed AS (
         DELETE FROM nightshift.idempotency_keys WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM nightshift.idempotency_keys WHERE at < $1 AND lease_until < now()
           ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING 1)
       SELECT count(*)::int AS removed FROM removed`,
      [before, limit],
    );
    return row!.removed;
  },
});
