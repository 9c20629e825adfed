import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Imports, the chunks of rows that were applied, and what was wrong with the rows that were not. */
export const Imports1700000000005 = class implements MigrationInterface {
  readonly name = 'Imports1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
CREATE TABLE nightshift_data.imports (
  id          uuid        NOT NULL PRIMARY KEY,
  type        text        NOT NULL,
  format      text        NOT NULL,
  -- The header of CSV.
  columns     json,
  on_error    text        NOT NULL,
  key         text,
  dry_run     boolean     NOT NULL,
  origin      json        NOT NULL,
  status      text        NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'broken')),
  problem     json,
  started_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

-- Written by the transaction that applies the chunk's rows: what makes a repeat of the chunk do nothing, and what the counts are told from.
CREATE TABLE nightshift_data.import_chunks (
  import_id uuid        NOT NULL REFERENCES nightshift_data.imports ON DELETE CASCADE,
  number    integer     NOT NULL,
  digest    text        NOT NULL,
  succeeded integer     NOT NULL DEFAULT 0,
  failed    integer     NOT NULL DEFAULT 0,
  at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (import_id, number)
);

CREATE TABLE nightshift_data.import_errors (
  import_id  uuid    NOT NULL REFERENCES nightshift_data.imports ON DELETE CASCADE,
  line       bigint  NOT NULL,
  -- Among the errors of the line.
  place      integer NOT NULL,
  pointer    text    NOT NULL,
  code       text    NOT NULL,
  detail     text    NOT NULL,
  suggestion text,
  PRIMARY KEY (import_id, line, place)
);
`;
