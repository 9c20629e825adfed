import type { Caller, RateLimit, Role } from '@nightshift/contracts';

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

/** The same, as the table has it. */
export type KeyRow = {
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
};

export const toKey = (row: KeyRow): Key => ({
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
