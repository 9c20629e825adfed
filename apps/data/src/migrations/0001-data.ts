import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The catalog of types, the answers that make changes exactly once, and the trigger that keeps `updatedAt`. */
export const Data1700000000001 = class implements MigrationInterface {
  readonly name = 'Data1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- Which tables of schema public are types, and what was declared of their fields. What a column is, Postgres knows.
CREATE TABLE nightshift_data.types (
  name       text        NOT NULL PRIMARY KEY,
  fields     json        NOT NULL,
  -- The table was there before the type: its columns are not ours to change.
  attached   boolean     NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The answer of every change that was made under a key, written by the same statement as the change. The row as it was
-- then, each column as Postgres writes it; null when there was nothing to change.
CREATE TABLE nightshift_data.applied (
  key    text        NOT NULL PRIMARY KEY,
  answer json,
  at     timestamptz NOT NULL DEFAULT now()
);
-- For the retention: a few pages in place of an entry per row.
CREATE INDEX applied_at ON nightshift_data.applied USING brin (at);

-- Only called when a row really changes, so an UPDATE that changes nothing leaves nothing behind.
CREATE FUNCTION nightshift_data.touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  NEW."updatedAt" := now();
  RETURN NEW;
END
$body$;
`;
