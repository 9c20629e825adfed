import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The books of files: which there are, which are on their way in, and which may be on their way out. */
export const Files1700000000006 = class implements MigrationInterface {
  readonly name = 'Files1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(triggers);
    await runner.query(settling);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- Files whose content is stored. Fields refer to them by foreign keys.
CREATE TABLE nightshift_data.files (
  id           uuid        NOT NULL PRIMARY KEY,
  name         text        NOT NULL,
  content_type text        NOT NULL,
  size         bigint      NOT NULL,
  sha256       text        NOT NULL,
  storage_key  text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  created_by   json,
  -- Whether a field referred to it when that was last looked at.
  was_used     boolean     NOT NULL DEFAULT false,
  -- When that is looked at again: when it expires, and of one that is used, rarely, for what no trigger hears of (a dropped table).
  check_at     timestamptz NOT NULL
);
CREATE INDEX files_check_at ON nightshift_data.files (check_at);

-- Uploads that have begun. Written before the first byte is stored, so that no content is ever unknown.
CREATE TABLE nightshift_data.file_uploads (
  id           uuid        NOT NULL PRIMARY KEY,
  name         text        NOT NULL,
  content_type text        NOT NULL,
  storage_key  text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  created_by   json,
  expires_at   timestamptz NOT NULL
);
CREATE INDEX file_uploads_expires_at ON nightshift_data.file_uploads (expires_at);

-- Files that a field has let go of, by the transaction that changed the field: perhaps nothing refers to them any more.
CREATE TABLE nightshift_data.files_let_go (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_id uuid   NOT NULL
);

-- Contents that are no file any more, until the storage has deleted them.
CREATE TABLE nightshift_data.content_to_erase (
  seq         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  storage_key text        NOT NULL,
  attempts    integer     NOT NULL DEFAULT 0,
  try_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX content_to_erase_try_at ON nightshift_data.content_to_erase (try_at);
`;

/** They run with the rights of the role, whoever changes a thing. A trigger knows its column by what it depends on, so that renaming does no harm. */
const triggers = `
-- The columns of files that a table has.
CREATE FUNCTION nightshift_data.file_columns(of_table oid, of_trigger name DEFAULT NULL)
RETURNS TABLE (column_name name, is_list boolean) LANGUAGE sql STABLE AS $body$
  SELECT DISTINCT a.attname, a.atttypid = 'uuid[]'::regtype
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = t.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.tgrelid AND d.refobjsubid > 0
  JOIN pg_catalog.pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = d.refobjsubid
  WHERE t.tgrelid = of_table AND (of_trigger IS NULL OR t.tgname = of_trigger)
    AND t.tgname LIKE 'nightshift\\_file\\_%'
$body$;

-- The files that a row has in that column.
CREATE FUNCTION nightshift_data.files_in(thing record, column_name name, is_list boolean)
RETURNS uuid[] LANGUAGE plpgsql STABLE AS $body$
DECLARE
  ids uuid[];
BEGIN
  EXECUTE format(CASE WHEN is_list THEN 'SELECT ($1).%I' ELSE 'SELECT ARRAY[($1).%I]' END, column_name) INTO ids USING thing;
  RETURN coalesce(array_remove(ids, NULL), '{}');
END
$body$;

-- After an update or a delete that may have taken a file out of a column.
CREATE FUNCTION nightshift_data.let_file_go() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, nightshift_data, pg_temp AS $body$
DECLARE
  place record;
  kept uuid[] := '{}';
BEGIN
  SELECT * INTO place FROM file_columns(TG_RELID, TG_NAME);
  IF TG_OP = 'UPDATE' THEN kept := files_in(NEW, place.column_name, place.is_list); END IF;
  INSERT INTO files_let_go (file_id)
  SELECT DISTINCT id FROM unnest(files_in(OLD, place.column_name, place.is_list)) AS id WHERE id <> ALL (kept);
  IF FOUND THEN PERFORM pg_notify('nightshift_files', ''); END IF;
  RETURN NULL;
END
$body$;

-- All files of a column, at once.
CREATE FUNCTION nightshift_data.let_column_go(of_table regclass, column_name name, is_list boolean) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  EXECUTE format(
    CASE WHEN is_list THEN 'INSERT INTO nightshift_data.files_let_go (file_id) SELECT DISTINCT held.file FROM %1$s AS thing, unnest(thing.%2$I) AS held (file) WHERE held.file IS NOT NULL'
    ELSE 'INSERT INTO nightshift_data.files_let_go (file_id) SELECT DISTINCT thing.%2$I FROM %1$s AS thing WHERE thing.%2$I IS NOT NULL' END,
    of_table, column_name);
  PERFORM pg_notify('nightshift_files', '');
END
$body$;

-- Before a table is emptied at once.
CREATE FUNCTION nightshift_data.let_all_files_go() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, nightshift_data, pg_temp AS $body$
BEGIN
  PERFORM let_column_go(TG_RELID, column_name, is_list) FROM file_columns(TG_RELID);
  RETURN NULL;
END
$body$;

-- Before a column, or a whole table, is dropped or becomes something else: its files are let go of, and its triggers are no more.
CREATE FUNCTION nightshift_data.release_files(of_table regclass, only_column name DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  one name;
BEGIN
  PERFORM nightshift_data.let_column_go(of_table, f.column_name, f.is_list)
  FROM nightshift_data.file_columns(of_table) AS f WHERE only_column IS NULL OR f.column_name = only_column;
  FOR one IN
    SELECT t.tgname FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = of_table AND t.tgname LIKE 'nightshift\\_file\\_%'
      AND EXISTS (SELECT FROM nightshift_data.file_columns(of_table, t.tgname) f WHERE only_column IS NULL OR f.column_name = only_column)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', one, of_table);
  END LOOP;
END
$body$;

-- What a foreign key does, for lists: the files must be there, and stay until this transaction has ended.
CREATE FUNCTION nightshift_data.hold_files() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, nightshift_data, pg_temp AS $body$
DECLARE
  place record;
  added uuid[];
  found_files bigint;
BEGIN
  SELECT * INTO place FROM file_columns(TG_RELID, TG_NAME);
  added := files_in(NEW, place.column_name, place.is_list);
  IF TG_OP = 'UPDATE' THEN
    added := ARRAY(SELECT unnest(added) EXCEPT SELECT unnest(files_in(OLD, place.column_name, place.is_list)));
  END IF;
  PERFORM FROM files WHERE id = ANY (added) ORDER BY id FOR KEY SHARE;
  GET DIAGNOSTICS found_files = ROW_COUNT;
  IF found_files < (SELECT count(DISTINCT id) FROM unnest(added) AS id) THEN
    RAISE EXCEPTION 'a list of files on table "%" refers to a file that does not exist', TG_TABLE_NAME
      USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, COLUMN = place.column_name;
  END IF;
  RETURN NULL;
END
$body$;
`;

const settling = `
-- Removes those of the files that no field refers to, and notes of the others when to look again. Answers with those that somebody is
-- just about to refer to, or whose removal is under way elsewhere: they are to be asked about again.
CREATE FUNCTION nightshift_data.settle_files(ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, nightshift_data, pg_temp AS $body$
DECLARE
  busy uuid[] := '{}';
  one uuid;
  content text;
  place record;
  used boolean;
BEGIN
  FOREACH one IN ARRAY ids LOOP
    -- Whoever links it holds it by a key share until he commits; what he has linked, the next statement sees.
    SELECT storage_key INTO content FROM files WHERE id = one FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      IF EXISTS (SELECT FROM files WHERE id = one) THEN busy := busy || one; END IF;
      CONTINUE;
    END IF;
    used := false;
    FOR place IN
      SELECT format('%I.%I', n.nspname, c.relname) AS table_name, f.column_name, f.is_list
      FROM (SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgname LIKE 'nightshift\\_file\\_%') AS t
      JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
      file_columns(t.tgrelid) AS f
    LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I ' || CASE WHEN place.is_list THEN '@> ARRAY[$1]' ELSE '= $1' END || ')',
        place.table_name, place.column_name) INTO used USING one;
      EXIT WHEN used;
    END LOOP;
    IF NOT used THEN
      BEGIN
        DELETE FROM files WHERE id = one;
        INSERT INTO content_to_erase (storage_key) VALUES (content);
      EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
        -- A foreign key that somebody made in SQL.
        used := true;
      END;
    END IF;
    IF used THEN UPDATE files SET was_used = true, check_at = now() + interval '30 days' WHERE id = one; END IF;
  END LOOP;
  RETURN busy;
END
$body$;
REVOKE EXECUTE ON FUNCTION nightshift_data.settle_files(uuid[]) FROM PUBLIC;
`;
