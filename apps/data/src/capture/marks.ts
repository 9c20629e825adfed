import type { ChangeGap, MissedRows } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';

/** What Postgres has counted of every type that is published, with its table. */
export type Counts = Record<string, MissedRows & { oid: string }>;

/** A place of the log, when it was, and what had been counted there. */
export interface Mark {
  position: string;
  at: string;
  confirmed: string | null;
  counts: Counts;
}

const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const counted = `
  SELECT coalesce(json_object_agg(t.name, json_build_object('oid', s.relid::text, 'inserted', s.n_tup_ins, 'updated', s.n_tup_upd, 'deleted', s.n_tup_del)), '{}')
  FROM nightshift_data.types t
  JOIN pg_stat_user_tables s ON s.relname = t.name AND s.schemaname = 'public'
  JOIN pg_publication_rel r ON r.prrelid = s.relid JOIN pg_publication p ON p.oid = r.prpubid AND p.pubname = 'nightshift_changes'`;

const mark = `SELECT position::text, ${iso('at')} AS at, confirmed::text, counts::text FROM nightshift_data.capture_marks`;

type MarkRow = Record<'position' | 'at' | 'counts', string> & { confirmed: string | null };

const toMark = (row: MarkRow | undefined): Mark | undefined =>
  row && { ...row, counts: JSON.parse(row.counts) as Counts };

/** What has been counted up to now. Statistics of a session come late: up to a second, or ten when it idles. */
export const readCounts = async (db: Queryable): Promise<Counts> => {
  const { rows } = await db.query<{ counts: string }>(`SELECT (${counted})::text AS counts`);
  return JSON.parse(rows[0]!.counts) as Counts;
};

/** Marks the log's end, and forgets the marks before the last one that the slot has confirmed. */
export const setMark = async (db: Queryable, slot: string): Promise<void> => {
  await db.query(
    `INSERT INTO nightshift_data.capture_marks (slot, position, confirmed, counts)
     SELECT $1::text, pg_current_wal_lsn(), (SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1::text), (${counted})
     ON CONFLICT DO NOTHING`,
    [slot],
  );
  await db.query(
    `DELETE FROM nightshift_data.capture_marks WHERE slot = $1::text AND position < (
       SELECT max(m.position) FROM nightshift_data.capture_marks m JOIN pg_replication_slots s ON s.slot_name = m.slot
       WHERE m.slot = $1::text AND m.position <= s.confirmed_flush_lsn)`,
    [slot],
  );
};

/** The last mark at or before a position. */
export const markBefore = async (db: Queryable, slot: string, position: string): Promise<Mark | undefined> => {
  const { rows } = await db.query<MarkRow>(
    `${mark} WHERE slot = $1::text AND position <= $2::pg_lsn ORDER BY capture_marks.position DESC LIMIT 1`,
    [slot, position],
  );
  return toMark(rows[0]);
};

/** The last mark that knows the type, or the last of all. */
export const lastMark = async (db: Queryable, slot: string, type?: string): Promise<Mark | undefined> => {
  const { rows } = await db.query<MarkRow>(
    `${mark} WHERE slot = $1::text AND ($2::text IS NULL OR counts -> $2::text IS NOT NULL) ORDER BY capture_marks.position DESC LIMIT 1`,
    [slot, type ?? null],
  );
  return toMark(rows[0]);
};

/** What was done between two counts. Null for a type whose statistics were reset in between, as after a crash of Postgres. */
export const countBetween = (then: Counts | undefined, now: Counts): ChangeGap['types'] => {
  const types: ChangeGap['types'] = {};
  for (const [type, { oid, ...after }] of Object.entries(now)) {
    const before = then?.[type]?.oid === oid ? then[type] : undefined;
    const rows: MissedRows = {
      inserted: after.inserted - (before?.inserted ?? 0),
      updated: after.updated - (before?.updated ?? 0),
      deleted: after.deleted - (before?.deleted ?? 0),
    };
    const isReset = Object.values(rows).some((count) => count < 0) || then === undefined;
    if (isReset) types[type] = null;
    else if (Object.values(rows).some((count) => count > 0)) types[type] = rows;
  }
  return types;
};
