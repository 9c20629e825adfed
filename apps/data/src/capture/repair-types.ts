import type { Logger } from '@nightshift/runtime';
import type { Queryable } from '../database/queryable.ts';
import { PUBLICATION, TRUNCATE_TRIGGER } from '../database/grounds.ts';
import { quoteTable } from '../database/quote.ts';
import type { CaptureMetrics } from './capture-metrics.ts';
import { insertGap } from './gaps.ts';
import { countBetween, lastMark, readCounts } from './marks.ts';

export interface RepairDeps {
  db: Queryable;
  slot: string;
  metrics: CaptureMetrics;
  logger: Logger;
}

/** What capture needs of a type's table, and it has not. */
interface Defect {
  name: string;
  isOurs: boolean;
  hasIdentity: boolean;
  isPublished: boolean;
  hasTrigger: boolean;
}

const defects = `
  SELECT coalesce(json_agg(found), '[]')::text AS found FROM (
    SELECT t.name, pg_has_role(current_user, c.relowner, 'USAGE') AS "isOurs", c.relreplident = 'f' AS "hasIdentity",
      EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
        WHERE r.prrelid = c.oid AND p.pubname = '${PUBLICATION}') AS "isPublished",
      EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = '${TRUNCATE_TRIGGER}' AND g.tgenabled <> 'D') AS "hasTrigger"
    FROM nightshift_data.types t
    JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  ) AS found WHERE NOT ("hasIdentity" AND "isPublished" AND "hasTrigger")`;

/**
 * Puts in place what somebody has undone of the tables of types, or of one that he has made anew: the whole old row in the log, the
 * publication, the trigger on TRUNCATE. What a table that was not published has missed is a gap.
 * @returns whether there is a new gap
 */
export const repairTypes = async ({ db, slot, metrics, logger }: RepairDeps): Promise<boolean> => {
  const { rows } = await db.query<{ found: string }>(defects);
  let hasGap = false;
  for (const defect of JSON.parse(rows[0]!.found) as Defect[]) {
    const fields = { type: defect.name, defect };
    try {
      await repair(db, defect);
      logger.warn(fields, 'the table of a type was repaired for change capture');
    } catch (error) {
      metrics.troubles.inc({ trouble: 'unrepaired' });
      logger.error(
        { ...fields, err: error },
        'changes of a type are not captured as they should be, and it cannot be repaired',
      );
      continue;
    }
    if (!defect.isPublished) hasGap = (await reportMissed(db, slot, defect.name)) || hasGap;
  }
  if (hasGap) metrics.gaps.inc({ reason: 'unpublished' });
  return hasGap;
};

const repair = async (db: Queryable, { name, isOurs, ...has }: Defect): Promise<void> => {
  if (!isOurs) {
    await db.query('SELECT nightshift_data.adopt($1)', [name]);
    return;
  }
  const table = quoteTable(name);
  if (!has.hasTrigger)
    await db.query(
      `CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON ${table} EXECUTE FUNCTION nightshift_data.tell_truncate()`,
    );
  if (!has.hasTrigger) await db.query(`ALTER TABLE ${table} ENABLE TRIGGER ${TRUNCATE_TRIGGER}`);
  if (!has.hasIdentity) await db.query(`ALTER TABLE ${table} REPLICA IDENTITY FULL`);
  if (!has.isPublished) await db.query(`ALTER PUBLICATION ${PUBLICATION} ADD TABLE ${table}`);
};

const reportMissed = async (db: Queryable, slot: string, type: string): Promise<boolean> => {
  const { rows } = await db.query<{ position: string }>('SELECT pg_current_wal_lsn()::text AS position');
  const mark = await lastMark(db, slot, type);
  const { [type]: missed = null } = countBetween(mark?.counts ?? {}, await readCounts(db));
  return insertGap(db, {
    slot,
    reason: 'unpublished',
    from: { position: mark?.position ?? null, at: mark?.at ?? null },
    to: { position: rows[0]!.position },
    types: { [type]: missed },
    detail: `The table ${type} was not in the publication ${PUBLICATION}: somebody took it out, or made the table anew.`,
  });
};
