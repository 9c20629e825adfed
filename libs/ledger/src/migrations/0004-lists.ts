import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Order, pace, failure policy and hooks of lists, what is done to single items, and what each service may do with all that. */
export const Lists1700000000004 = class implements MigrationInterface {
  readonly name = 'Lists1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
ALTER TABLE nightshift.lists
  -- Order, gap, rate, failure policy and hooks, as ListRules has them.
  ADD COLUMN rules         json    NOT NULL DEFAULT '{}',
  -- What the pace has to remember of the starts before, as PaceMemory has it.
  ADD COLUMN pace          json,
  ADD COLUMN paused_at     timestamptz,
  -- When its last item had ended for the first time: onComplete has started. A list whose items are retried ends again, without it.
  ADD COLUMN completed_at  timestamptz,
  -- Items that were taken out before they started, among those up to next_index.
  ADD COLUMN passed_over   integer NOT NULL DEFAULT 0,
  -- How many times onProgress was due.
  ADD COLUMN progress_step integer NOT NULL DEFAULT 0,
  -- cancelled or failed: no further item starts, and that is what the list ends as.
  ADD COLUMN ends_as       text,
  ADD COLUMN message       text;
UPDATE nightshift.lists SET completed_at = finished_at, ends_as = CASE WHEN status = 'cancelled' THEN status END
  WHERE finished_at IS NOT NULL;
CREATE INDEX lists_by_workflow ON nightshift.lists (workflow, id);

ALTER TABLE nightshift.list_counts
  ADD COLUMN skipped  integer NOT NULL DEFAULT 0,
  -- Failed items that are tried again. They count in failed until they have ended.
  ADD COLUMN retrying integer NOT NULL DEFAULT 0;
-- How often the run was retried after it had failed: at its next end the count of failures gives it back.
ALTER TABLE nightshift.runs ADD COLUMN retries integer NOT NULL DEFAULT 0;

-- Items that were taken out before they started.
CREATE TABLE nightshift.list_skips (
  list_id uuid    NOT NULL,
  index   integer NOT NULL,
  PRIMARY KEY (list_id, index)
);

-- Failures of items, one row for each, written in the commit of the failure. In order of run_id, which is that of the index.
CREATE TABLE nightshift.list_failures (
  list_id uuid    NOT NULL,
  run_id  uuid    NOT NULL,
  -- How often the run had been retried before.
  attempt integer NOT NULL,
  -- Whether onItemFailed has started for it.
  is_told boolean NOT NULL DEFAULT false,
  PRIMARY KEY (list_id, run_id, attempt)
);
CREATE INDEX list_failures_untold ON nightshift.list_failures (list_id, run_id) WHERE NOT is_told;

-- Items of lists in the order byKey that have not ended: the first of a key is started or ready, those after it are blocked.
CREATE TABLE nightshift.list_turns (
  list_id uuid    NOT NULL,
  key     uuid    NOT NULL,
  run_id  uuid,
  index   integer NOT NULL,
  state   text    NOT NULL DEFAULT 'blocked',
  PRIMARY KEY (list_id, key, index)
);
CREATE INDEX list_turns_ready ON nightshift.list_turns (list_id, index) WHERE state = 'ready';
CREATE INDEX list_turns_started ON nightshift.list_turns (list_id, run_id) WHERE state = 'started';
`;

const rights = `
GRANT SELECT ON nightshift.list_skips, nightshift.list_failures, nightshift.list_turns
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
-- Admits lists, takes single items out.
GRANT INSERT ON nightshift.list_skips TO nightshift_gateway;
GRANT INSERT, UPDATE, DELETE ON nightshift.list_turns TO nightshift_gateway;
-- Hands out, and tells of failures.
GRANT UPDATE ON nightshift.list_failures TO nightshift_scheduler;
GRANT UPDATE, DELETE ON nightshift.list_turns TO nightshift_scheduler;
-- Admits lists with a step, writes down failures.
GRANT INSERT ON nightshift.list_turns, nightshift.list_failures TO nightshift_executor;
`;
