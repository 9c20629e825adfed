import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what at the door; and what each service may do with it. */
export const Audit1700000000011 = class implements MigrationInterface {
  readonly name = 'Audit1700000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
CREATE TABLE nightshift.audit_entries (
  -- In the order of their times.
  id         uuid        NOT NULL PRIMARY KEY,
  at         timestamptz NOT NULL,
  -- When the answer was known; null, as the status is: it may have been done or not.
  ended_at   timestamptz,
  status     smallint,
  operation  text        NOT NULL,
  -- The name of the caller; null: nobody who is known here.
  actor      text,
  caller     jsonb,
  address    text        NOT NULL,
  request_id text        NOT NULL,
  -- Parameters of the path, and their values, to be found by.
  subject    jsonb       NOT NULL,
  about      text[]      NOT NULL,
  details    jsonb
);
CREATE INDEX audit_entries_by_actor ON nightshift.audit_entries (actor, id);
CREATE INDEX audit_entries_by_operation ON nightshift.audit_entries (operation, id);
CREATE INDEX audit_entries_by_subject ON nightshift.audit_entries USING gin (about);

-- What is written stays: an outcome is added once, and nothing else changes.
CREATE FUNCTION nightshift.keep_audit_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF old.status IS NOT NULL OR old.ended_at IS NOT NULL OR new.status IS NULL OR new.ended_at IS NULL THEN
    RAISE EXCEPTION 'an audit entry has one outcome' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN new;
END
$$;
CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON nightshift.audit_entries
  FOR EACH ROW EXECUTE FUNCTION nightshift.keep_audit_entry();
`;

const rights = `
GRANT SELECT, INSERT ON nightshift.audit_entries TO nightshift_gateway;
GRANT UPDATE (status, ended_at, details) ON nightshift.audit_entries TO nightshift_gateway;
-- Forgets the old ones.
GRANT SELECT (id), DELETE ON nightshift.audit_entries TO nightshift_scheduler;
`;
