import type { KeyView } from '@nightshift/contracts';
import type { Key } from '@nightshift/ledger';
import { beginningOf } from './key-text.ts';

const time = (date: Date | null): string | null => date?.toISOString() ?? null;

/** A key as it is read back. Says what is in it by name: hashes stay inside. */
export const viewOf = (key: Key, nowMs: number): KeyView => ({
  id: key.id,
  name: key.name,
  beginning: beginningOf(key.id),
  role: key.role,
  starts: key.starts,
  seesPayloads: key.seesPayloads,
  rateLimit: key.rateLimit,
  user: key.user,
  createdAt: key.createdAt.toISOString(),
  createdBy: key.createdBy,
  expiresAt: time(key.expiresAt),
  revokedAt: time(key.revokedAt),
  lastUsedAt: time(key.lastUsedAt),
  overlapUntil: key.previousUntil !== null && key.previousUntil.getTime() > nowMs ? time(key.previousUntil) : null,
});
