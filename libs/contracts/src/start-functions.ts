import { NAME_MAX_LENGTH, WORKFLOW_NAME_PATTERN } from './names.ts';
import { START_MESSAGE_PREFIX } from './sql-start.ts';

/** The group role that may call the functions. An owner grants it to the roles of his application. */
export const APPLICATION_ROLE = 'nightshift_application';

/**
 * The message server takes 1 MiB, and what stands around a start, or around the reason why it was put aside, needs room beside it.
 * Smaller would refuse what REST takes.
 */
const START_MAX_BYTES = 900_000;

/**
 * SQL that makes `nightshift.start` and `nightshift.schedule`, for the migrations of the application's database and of the ledger's: in the
 * default both are one, and either may be first. May be run by anybody at any time: who may make or replace the functions does, and
 * who may not leaves what is there, or their absence, to the other.
 *
 * The functions run with the rights of their caller and read nothing but the list of replication slots. What they write is a
 * transactional logical message: it is in the log if the transaction, and every savepoint around the call, is committed.
 */
export const startFunctions = `
DO $roles$
BEGIN
  -- Roles belong to the server: another database may be creating this one at the same moment.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${APPLICATION_ROLE}') THEN
    CREATE ROLE ${APPLICATION_ROLE} NOLOGIN;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  -- An administrator makes it, and whoever migrates next lets it in.
  WHEN insufficient_privilege THEN NULL;
END
$roles$;

DO $schema$
BEGIN
  IF to_regnamespace('nightshift') IS NULL AND has_database_privilege(current_database(), 'CREATE') THEN
    CREATE SCHEMA nightshift;
    -- The ledger may come here later, by another login.
    GRANT ALL ON SCHEMA nightshift TO pg_database_owner WITH GRANT OPTION;
  END IF;
END
$schema$;

DO $functions$
DECLARE
  place regnamespace := to_regnamespace('nightshift');
  allowed text;
BEGIN
  IF place IS NULL OR NOT has_schema_privilege(place, 'CREATE') OR EXISTS (
    SELECT FROM pg_proc WHERE pronamespace = place AND proname IN ('start', 'schedule', 'ask_for_run')
      AND NOT pg_has_role(current_user, proowner, 'USAGE')
  ) THEN RETURN; END IF;

  CREATE OR REPLACE FUNCTION nightshift.ask_for_run(workflow text, due_at timestamptz, parameters jsonb, key text) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
  DECLARE
    -- A UUIDv7: ids grow with time.
    id uuid := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
      substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
    message text;
  BEGIN
    IF workflow IS NULL OR workflow !~ '${WORKFLOW_NAME_PATTERN}' OR length(workflow) > ${NAME_MAX_LENGTH} THEN
      RAISE EXCEPTION '% is not a workflow''s name', coalesce(quote_literal(left(workflow, 64)), 'NULL')
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Lower-case words joined by hyphens, as in welcome-email.';
    END IF;
    IF jsonb_typeof(parameters) IS DISTINCT FROM 'object' THEN
      RAISE EXCEPTION 'parameters must be an object, and are %', coalesce('of type ' || jsonb_typeof(parameters), 'NULL')
        USING ERRCODE = 'invalid_parameter_value', HINT = 'As of jsonb_build_object(''name'', ''Ada''), or of to_jsonb(row).';
    END IF;
    IF key IS NOT NULL AND (key !~ '^[^\\u0001-\\u001f\\u007f]+$' OR length(key) > 200) THEN
      RAISE EXCEPTION 'a key has 1 to 200 characters, and no control characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF due_at IS NOT NULL AND NOT (due_at >= '0001-01-01 00:00+00' AND due_at < '9000-01-01 00:00+00') THEN
      RAISE EXCEPTION '% is not a moment that can come', due_at USING ERRCODE = 'invalid_parameter_value';
    END IF;
    message := (jsonb_build_object('runId', id, 'workflow', workflow, 'parameters', parameters, 'by', current_user)
      || CASE WHEN due_at IS NULL THEN '{}' ELSE
        jsonb_build_object('dueAt', to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END
      || CASE WHEN key IS NULL THEN '{}' ELSE jsonb_build_object('key', key) END)::text;
    IF octet_length(convert_to(message, 'UTF8')) > ${START_MAX_BYTES} THEN
      RAISE EXCEPTION 'parameters have % bytes, and a start has room for ${START_MAX_BYTES}', octet_length(parameters::text)
        USING ERRCODE = 'program_limit_exceeded', HINT = 'Keep them in a table, and start the workflow with the id.';
    END IF;
    IF NOT EXISTS (
      SELECT FROM pg_replication_slots
      WHERE database = current_database() AND plugin = 'pgoutput' AND wal_status IS DISTINCT FROM 'lost'
    ) THEN
      RAISE EXCEPTION 'nobody reads the starts of this database' USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'The data service makes its replication slot when it runs for the first time.';
    END IF;
    PERFORM pg_logical_emit_message(true, '${START_MESSAGE_PREFIX}', message);
    RETURN id;
  END
  $body$;

  CREATE OR REPLACE FUNCTION nightshift.start(workflow text, parameters jsonb DEFAULT '{}', key text DEFAULT NULL) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
  BEGIN
    RETURN nightshift.ask_for_run(workflow, CASE WHEN key IS NOT NULL THEN clock_timestamp() END, parameters, key);
  END
  $body$;

  CREATE OR REPLACE FUNCTION nightshift.schedule(
    workflow text, at timestamptz, parameters jsonb DEFAULT '{}', key text DEFAULT NULL) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
  BEGIN
    IF at IS NULL THEN RAISE EXCEPTION 'at must be a moment, and is NULL' USING ERRCODE = 'invalid_parameter_value'; END IF;
    RETURN nightshift.ask_for_run(workflow, at, parameters, key);
  END
  $body$;

  CREATE OR REPLACE FUNCTION nightshift.schedule(
    workflow text, after interval, parameters jsonb DEFAULT '{}', key text DEFAULT NULL) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
  BEGIN
    IF after IS NULL THEN RAISE EXCEPTION 'after must be an interval, and is NULL' USING ERRCODE = 'invalid_parameter_value'; END IF;
    RETURN nightshift.ask_for_run(workflow, clock_timestamp() + after, parameters, key);
  END
  $body$;

  COMMENT ON FUNCTION nightshift.start(text, jsonb, text) IS 'Starts a run of a workflow when this transaction commits. Returns its id.';
  COMMENT ON FUNCTION nightshift.schedule(text, timestamptz, jsonb, text) IS 'Schedules a run of a workflow when this transaction commits. Returns its id.';
  COMMENT ON FUNCTION nightshift.schedule(text, interval, jsonb, text) IS 'Schedules a run of a workflow, so long from now, when this transaction commits. Returns its id.';
  REVOKE ALL ON FUNCTION nightshift.ask_for_run, nightshift.start,
    nightshift.schedule(text, timestamptz, jsonb, text), nightshift.schedule(text, interval, jsonb, text) FROM PUBLIC;
  -- The data service too: triggers of the application's tables may call them when it makes a change.
  FOR allowed IN SELECT rolname FROM pg_roles WHERE rolname IN ('${APPLICATION_ROLE}', 'nightshift_data') LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA nightshift TO %I', allowed);
    EXECUTE format('GRANT EXECUTE ON FUNCTION nightshift.ask_for_run, nightshift.start,
      nightshift.schedule(text, timestamptz, jsonb, text), nightshift.schedule(text, interval, jsonb, text) TO %I', allowed);
  END LOOP;
END
$functions$;
`;
