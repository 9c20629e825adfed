import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What change capture keeps of itself: gaps, the marks that tell how large they are, and what makes a TRUNCATE deletions. */
export const Capture1700000000007 = class implements MigrationInterface {
  readonly name = 'Capture1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(statements);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const statements = `
-- Stretches of the log whose changes became no events.
CREATE TABLE nightshift_data.gaps (
  id            uuid        NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
  slot          text        NOT NULL,
  reason        text        NOT NULL,
  from_position pg_lsn,
  from_at       timestamptz,
  -- Null while the gap is open: there is no slot at this moment.
  to_position   pg_lsn,
  to_at         timestamptz,
  -- Per type {inserted, updated, deleted}, or null.
  types         json        NOT NULL DEFAULT '{}',
  detail        text        NOT NULL,
  -- What is found again when the log is read again is reported once.
  found_by      text        UNIQUE,
  found_at      timestamptz NOT NULL DEFAULT now(),
  -- When subscribers of changes were told.
  announced_at  timestamptz
);

-- What Postgres had counted at places of the log: from the last one before a gap it is told what the gap holds.
CREATE TABLE nightshift_data.capture_marks (
  slot      text        NOT NULL,
  position  pg_lsn      NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  confirmed pg_lsn,
  -- Per type in the publication {oid, inserted, updated, deleted}.
  counts    json        NOT NULL,
  PRIMARY KEY (slot, position)
);

-- A truncated table says nothing of its rows: they are deleted before. As the role that owns it, for the right to truncate
-- does not hold the one to delete.
CREATE FUNCTION nightshift_data.tell_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  PERFORM pg_logical_emit_message(true, 'nightshift.truncate', TG_RELID::text);
  EXECUTE format('DELETE FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
  RETURN NULL;
EXCEPTION WHEN foreign_key_violation THEN
  RAISE EXCEPTION 'things of type % are referred to by others', TG_TABLE_NAME
    USING ERRCODE = 'foreign_key_violation',
      DETAIL = 'A TRUNCATE of a type deletes its things first, so that each deletion is a change that workflows can react to.',
      HINT = 'Name the tables that refer to it first: TRUNCATE those, this one.';
END
$body$;
`;
