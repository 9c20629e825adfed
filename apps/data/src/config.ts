import { IDENTIFIER_PATTERN } from '@nightshift/contracts';
import { commonConfig } from '@nightshift/runtime';
import { BULK_TIMEOUT_DEFAULT_MS } from '@nightshift/contracts';
import { Type } from 'typebox';

export const DataConfigSchema = Type.Object({
  ...commonConfig,
  /** A login that is a member of `nightshift_data` and has REPLICATION. Not through a pooler. */
  NIGHTSHIFT_DATA_URL: Type.String({ minLength: 1 }),
  /** Connections for requests, at most half of them for transactions; change capture, leadership and the watches over types and files take four more. */
  NIGHTSHIFT_DATA_CONNECTIONS: Type.Integer({ minimum: 2, maximum: 500, default: 16 }),
  NIGHTSHIFT_DATA_STATEMENT_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 10_000 }),
  /** Postgres' text search configuration: how full-text search takes texts apart. Absent: `simple`, which knows no language. Indexes must be made with the same. */
  NIGHTSHIFT_DATA_SEARCH_LANGUAGE: Type.Optional(Type.String({ pattern: '^[a-z_]{1,63}$' })),
  /** Of a statement that changes, deletes or copies many things at once, and of one that begins an export. */
  NIGHTSHIFT_BULK_TIMEOUT_MS: Type.Integer({ minimum: 100, default: BULK_TIMEOUT_DEFAULT_MS }),
  /** How long a repeat under a key gets its answer back. Must be longer than any run can go on repeating a step. */
  NIGHTSHIFT_ANSWER_RETENTION_DAYS: Type.Integer({ minimum: 1, default: 30 }),
  /** How long a file stays that nothing refers to. */
  NIGHTSHIFT_FILE_GRACE_MINUTES: Type.Integer({ minimum: 1, default: 24 * 60 }),
  /** The type whose things are the users of the application: what `currentUser` in privacy rules is a thing of. Absent: `user`. */
  NIGHTSHIFT_USER_TYPE: Type.Optional(Type.String({ pattern: IDENTIFIER_PATTERN })),
  /** The replication slot; its name belongs to the whole server. Absent: `nightshift_changes`, and the database's name unless that is `nightshift`. */
  NIGHTSHIFT_SLOT: Type.Optional(Type.String({ pattern: '^[a-z0-9_]{1,63}$' })),
  /** The log that Postgres keeps for change capture: above this there are errors in the log, and metrics for an alarm. */
  NIGHTSHIFT_SLOT_LAG_WARN_BYTES: Type.Integer({ minimum: 1, default: 1024 ** 3 }),
  /**
   * Above this the slot is given up before the disk is full: the changes in it are lost, and reported as a gap. Must be below `max_slot_wal_keep_size` of
   * Postgres, which is the last resort while no data service runs.
   */
  NIGHTSHIFT_SLOT_LIMIT_BYTES: Type.Integer({ minimum: 1, default: 16 * 1024 ** 3 }),
});

/** Slots share one namespace on a server, databases do not: two Nightshifts on one server must not meet. */
export const slotName = (configured: string | undefined, url: string): string => {
  if (configured !== undefined) return configured;
  const database = decodeURIComponent(new URL(url).pathname.slice(1))
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_');
  return database === 'nightshift' || database === ''
    ? 'nightshift_changes'
    : `nightshift_changes_${database}`.slice(0, 63);
};
