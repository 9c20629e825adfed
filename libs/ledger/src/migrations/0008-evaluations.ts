import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What change triggers decided, recorded where somebody has asked for it; and what each service may do with it. */
export const Evaluations1700000000008 = class implements MigrationInterface {
  readonly name = 'Evaluations1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- Asked before each batch of changes, by the largest.
CREATE INDEX workflows_by_revision ON nightshift.workflows (revision);

-- Workflows whose triggers' decisions are recorded, and until when.
CREATE TABLE nightshift.evaluation_records (
  since    timestamptz NOT NULL DEFAULT now(),
  until    timestamptz NOT NULL,
  -- Of one sequence with the revisions of workflows: what has grown was changed.
  revision bigint      NOT NULL,
  most     integer     NOT NULL,
  workflow text        NOT NULL PRIMARY KEY REFERENCES nightshift.workflows (name)
);
CREATE INDEX evaluation_records_by_revision ON nightshift.evaluation_records (revision);

-- The newest decisions of each of them.
CREATE TABLE nightshift.evaluations (
  -- The order in which they were recorded.
  number        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  evaluated_at  timestamptz NOT NULL,
  committed_at  timestamptz NOT NULL,
  run_id        uuid,
  version       integer     NOT NULL,
  trigger_index integer     NOT NULL,
  workflow      text        NOT NULL,
  change_id     text        NOT NULL,
  outcome       text        NOT NULL,
  thing_id      text        NOT NULL,
  details       json        NOT NULL,
  -- A change that is handled twice is decided twice the same way.
  UNIQUE (workflow, change_id, trigger_index)
);
CREATE INDEX evaluations_by_time ON nightshift.evaluations (evaluated_at);
CREATE INDEX evaluations_newest ON nightshift.evaluations (workflow, number);
`;

const rights = `
GRANT SELECT ON nightshift.evaluation_records, nightshift.evaluations TO nightshift_gateway, nightshift_trigger;
GRANT INSERT, UPDATE, DELETE ON nightshift.evaluation_records TO nightshift_gateway;
GRANT DELETE ON nightshift.evaluations TO nightshift_gateway;
GRANT INSERT, DELETE ON nightshift.evaluations TO nightshift_trigger;
GRANT SELECT, DELETE ON nightshift.evaluations TO nightshift_scheduler;
`;
