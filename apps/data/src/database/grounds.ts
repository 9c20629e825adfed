import { startFunctions } from '@nightshift/contracts';

/** The group role that owns everything of the data service. Its logins are members of it and have REPLICATION. */
export const DATA_ROLE = 'nightshift_data';
/** What change capture reads. Holds the tables that are types, nothing else. */
export const PUBLICATION = 'nightshift_changes';
/** The trigger that makes a TRUNCATE of a type deletions. */
export const TRUNCATE_TRIGGER = 'nightshift_truncate';

/**
 * What migrations stand on: the role, the schema, the publication, and who may do what. Run by whoever migrates; each part is
 * left alone when it is there already, so that a plain member of the role can run it again.
 *
 * A publication takes tables only from an owner of both, so the role owns the publication and the tables of types. Creating it
 * needs CREATE on the database, which the role gets for that moment only. `adopt` runs with the rights of whoever
 * migrated: it lets the service publish a table of schema `public` that somebody else owns, and nothing else. What is in place it
 * leaves alone, so that it also repairs what somebody has undone.
 */
export const grounds = `
DO $grounds$
DECLARE
  had_create boolean;
BEGIN
  -- Roles belong to the server: another database may be creating this one at the same moment.
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${DATA_ROLE}') THEN
      CREATE ROLE ${DATA_ROLE} NOLOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  IF NOT pg_has_role(current_user, '${DATA_ROLE}', 'SET') THEN
    EXECUTE format('GRANT ${DATA_ROLE} TO %I WITH INHERIT TRUE, SET TRUE', current_user);
  END IF;

  IF NOT has_schema_privilege('${DATA_ROLE}', 'public', 'CREATE')
     OR NOT has_schema_privilege('${DATA_ROLE}', 'public', 'USAGE') THEN
    GRANT USAGE, CREATE ON SCHEMA public TO ${DATA_ROLE};
  END IF;
  IF to_regnamespace('nightshift_data') IS NULL THEN
    CREATE SCHEMA nightshift_data AUTHORIZATION ${DATA_ROLE};
  END IF;

  IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = '${PUBLICATION}') THEN
    had_create := has_database_privilege('${DATA_ROLE}', current_database(), 'CREATE');
    IF NOT had_create THEN
      EXECUTE format('GRANT CREATE ON DATABASE %I TO ${DATA_ROLE}', current_database());
    END IF;
    SET LOCAL ROLE ${DATA_ROLE};
    CREATE PUBLICATION ${PUBLICATION} WITH (publish = 'insert, update, delete, truncate', publish_generated_columns = stored);
    RESET ROLE;
    IF NOT had_create THEN
      EXECUTE format('REVOKE CREATE ON DATABASE %I FROM ${DATA_ROLE}', current_database());
    END IF;
  END IF;
END
$grounds$;

DO $adopt$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_proc p
    WHERE p.proname = 'adopt' AND p.pronamespace = 'nightshift_data'::regnamespace
      AND NOT pg_has_role(current_user, p.proowner, 'USAGE')
  ) THEN
    CREATE OR REPLACE FUNCTION nightshift_data.adopt(name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    DECLARE
      counter regclass;
    BEGIN
      PERFORM FROM pg_class WHERE relname = adopt.name AND relnamespace = 'public'::regnamespace AND relkind = 'r';
      IF NOT FOUND THEN RAISE EXCEPTION 'no such table' USING ERRCODE = 'undefined_table'; END IF;
      EXECUTE format('ALTER TABLE public.%I REPLICA IDENTITY FULL', adopt.name);
      IF NOT EXISTS (SELECT FROM pg_publication_tables WHERE pubname = '${PUBLICATION}' AND schemaname = 'public' AND tablename = adopt.name) THEN
        EXECUTE format('ALTER PUBLICATION ${PUBLICATION} ADD TABLE public.%I', adopt.name);
      END IF;
      EXECUTE format('CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON public.%I EXECUTE FUNCTION nightshift_data.tell_truncate()', adopt.name);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON public.%I TO ${DATA_ROLE}', adopt.name);
      -- The sequences of its serial columns.
      FOR counter IN
        SELECT d.objid::regclass FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
          AND d.refobjid = format('public.%I', adopt.name)::regclass
      LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO ${DATA_ROLE}', counter);
      END LOOP;
    END
    $body$;
    REVOKE ALL ON FUNCTION nightshift_data.adopt(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION nightshift_data.adopt(text) TO ${DATA_ROLE};
  END IF;
END
$adopt$;
${startFunctions}`;
