import { startFunctions } from '@nightshift/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Starts from SQL, outside events that start workflows, and where signed events come from; and what each service may do with them. */
export const StartsFromOutside1700000000009 = class implements MigrationInterface {
  readonly name = 'StartsFromOutside1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ownSchema);
    await runner.query(startFunctions);
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

/** The data service may have made the schema and the functions first; who owns the schema could drop what is the ledger's. */
const ownSchema = `
DO $$
DECLARE
  owner regrole := (SELECT relowner FROM pg_class WHERE oid = 'nightshift.run_events'::regclass);
  made regprocedure;
BEGIN
  IF owner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'nightshift') THEN RETURN; END IF;
  EXECUTE format('ALTER SCHEMA nightshift OWNER TO %s', owner);
  FOR made IN SELECT oid FROM pg_proc WHERE pronamespace = 'nightshift'::regnamespace AND proowner <> owner LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO %s', made, owner);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'schema nightshift belongs to the data service: let a superuser ALTER SCHEMA nightshift OWNER TO %', owner;
END
$$;
`;

const tables = `
-- Starts from SQL that changed a schedule that waited under their key: told again, they are done.
CREATE TABLE nightshift.replacing_starts (
  start_id uuid        NOT NULL PRIMARY KEY,
  run_id   uuid        NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX replacing_starts_by_time ON nightshift.replacing_starts (at);

ALTER TABLE nightshift.outside_events
  -- When every run that it triggers was in the ledger; null: some may not be.
  ADD COLUMN matched_at timestamptz,
  -- The body as its sender has signed it.
  ADD COLUMN raw        bytea;
-- What came before has started nothing, and is not to start anything now.
UPDATE nightshift.outside_events SET matched_at = received_at;
CREATE INDEX outside_events_unmatched ON nightshift.outside_events (received_at, source, id) WHERE matched_at IS NULL;

-- Senders that sign their events in place of having a key.
CREATE TABLE nightshift.event_sources (
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  name       text        NOT NULL PRIMARY KEY,
  -- How they sign, and the names of the secrets.
  spec       jsonb       NOT NULL
);

-- What the secrets of a source hold, sealed: those that its spec names, and no others.
CREATE FUNCTION nightshift.event_source_secrets(source text) RETURNS TABLE (name text, sealed text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.name, s.sealed FROM nightshift.event_sources e
  JOIN nightshift.secrets s ON e.spec -> 'secrets' ? s.name WHERE e.name = source
$$;
REVOKE ALL ON FUNCTION nightshift.event_source_secrets FROM PUBLIC;
`;

const rights = `
-- Knows the sources, and takes in what they send.
GRANT SELECT, INSERT, UPDATE, DELETE ON nightshift.event_sources TO nightshift_gateway;
GRANT EXECUTE ON FUNCTION nightshift.event_source_secrets TO nightshift_gateway;

-- Matches events, and schedules what SQL asks for, under keys too.
GRANT UPDATE (matched_at) ON nightshift.outside_events TO nightshift_trigger;
GRANT SELECT, INSERT ON nightshift.replacing_starts TO nightshift_trigger;
GRANT SELECT, DELETE ON nightshift.replacing_starts TO nightshift_scheduler;
GRANT INSERT, UPDATE ON nightshift.schedules TO nightshift_trigger;
GRANT INSERT, UPDATE, DELETE ON nightshift.timers TO nightshift_trigger;
GRANT UPDATE ON nightshift.runs TO nightshift_trigger;
`;
