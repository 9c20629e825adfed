import type { ChangeGap, GapReason } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';

/** A gap that begins, or is over already. */
export interface NewGap {
  slot: string;
  reason: GapReason;
  detail: string;
  from?: { position: string | null; at: string | null };
  /** Null for both while the gap is open. */
  to?: { position: string; at?: string };
  types?: ChangeGap['types'];
  /** Names what was found, if it may be found again. */
  foundBy?: string;
}

/** Writes a gap down. @returns false when it was known by `foundBy` */
export const insertGap = async (db: Queryable, gap: NewGap): Promise<boolean> => {
  const { rowCount } = await db.query(
    `INSERT INTO nightshift_data.gaps (slot, reason, detail, from_position, from_at, to_position, to_at, types, found_by)
     VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::pg_lsn IS NOT NULL THEN coalesce($7::timestamptz, now()) END, $8, $9)
     ON CONFLICT (found_by) DO NOTHING`,
    [
      gap.slot,
      gap.reason,
      gap.detail,
      gap.from?.position ?? null,
      gap.from?.at ?? null,
      gap.to?.position ?? null,
      gap.to?.at ?? null,
      JSON.stringify(gap.types ?? {}),
      gap.foundBy ?? null,
    ],
  );
  return rowCount === 1;
};

/** The open gap of a slot: it was given up, and there is no new one yet, as far as anybody has told. */
export const readOpenGap = async (
  db: Queryable,
  slot: string,
): Promise<{ id: string; from: string | null } | undefined> => {
  const { rows } = await db.query<{ id: string; from: string | null }>(
    `SELECT id, from_position AS "from" FROM nightshift_data.gaps WHERE slot = $1 AND to_position IS NULL ORDER BY found_at LIMIT 1`,
    [slot],
  );
  return rows[0];
};

/** Everything up to where the slot begins is in the gap. */
export const closeGap = async (db: Queryable, slot: string, id: string, types: ChangeGap['types']): Promise<void> => {
  await db.query(
    `UPDATE nightshift_data.gaps SET to_at = now(), types = $3,
       to_position = (SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1::text)
     WHERE id = $2`,
    [slot, id, JSON.stringify(types)],
  );
};

const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const MOST_GAPS = 1_000;

interface GapRow extends Record<'id' | 'detail' | 'types', string> {
  reason: GapReason;
  from_position: string | null;
  from_at: string | null;
  to_position: string | null;
  to_at: string | null;
}

const readGaps = async (db: Queryable, where: string, values: unknown[]): Promise<ChangeGap[]> => {
  const { rows } = await db.query<GapRow>(
    `SELECT id, reason, detail, from_position::text, ${iso('from_at')} AS from_at, to_position::text, ${iso('to_at')} AS to_at, types::text
     FROM nightshift_data.gaps ${where} LIMIT ${MOST_GAPS}`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    reason: row.reason,
    from: { position: row.from_position, at: row.from_at },
    to: { position: row.to_position, at: row.to_at },
    types: JSON.parse(row.types) as ChangeGap['types'],
    detail: row.detail,
  }));
};

/** The last thousand gaps, the last one first. */
export const listGaps = (db: Queryable): Promise<ChangeGap[]> => readGaps(db, 'ORDER BY found_at DESC, id', []);

/** Gaps that are over and of which subscribers have not been told, in their order. */
export const unannouncedGaps = (db: Queryable, slot: string): Promise<ChangeGap[]> =>
  readGaps(db, 'WHERE slot = $1 AND announced_at IS NULL AND to_position IS NOT NULL ORDER BY found_at, id', [slot]);

export const markAnnounced = async (db: Queryable, ids: readonly string[]): Promise<void> => {
  await db.query('UPDATE nightshift_data.gaps SET announced_at = now() WHERE id = ANY ($1)', [ids]);
};
