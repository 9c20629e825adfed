import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What recurrences need beside their plan, the account of their planned moments, and what each service may do with it. */
export const Recurrences1700000000003 = class implements MigrationInterface {
  readonly name = 'Recurrences1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
ALTER TABLE nightshift.recurrences
  -- When next_at is to be settled: later by its jitter. Null: no moment is left, only the queue.
  ADD COLUMN due_at           timestamptz,
  ADD COLUMN paused_at        timestamptz,
  -- The run that was started last: what overlaps is told by it.
  ADD COLUMN last_run_id      uuid,
  -- Null: each run goes by the version that is published at its start.
  ADD COLUMN workflow_version integer,
  -- Whether moments wait for the last run to end.
  ADD COLUMN has_queue        boolean NOT NULL DEFAULT false;
UPDATE nightshift.recurrences SET due_at = next_at;
DROP INDEX nightshift.recurrences_by_time;
CREATE INDEX recurrences_by_time ON nightshift.recurrences (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX recurrences_with_queue ON nightshift.recurrences (workflow, key) WHERE has_queue;

-- While an upgrade is rolled out, services of the version before set and move recurrences, and know nothing of due_at.
CREATE FUNCTION nightshift.due_as_planned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.due_at := NEW.next_at;
  RETURN NEW;
END
$$;
CREATE TRIGGER set_as_before BEFORE INSERT ON nightshift.recurrences
  FOR EACH ROW WHEN (NEW.due_at IS NULL) EXECUTE FUNCTION nightshift.due_as_planned();
CREATE TRIGGER moved_as_before BEFORE UPDATE ON nightshift.recurrences
  FOR EACH ROW WHEN (NEW.next_at <> OLD.next_at AND NEW.due_at IS NOT DISTINCT FROM OLD.due_at)
  EXECUTE FUNCTION nightshift.due_as_planned();

-- The account of recurrences: what became of each planned moment. Its key is what lets only one scheduler start a moment's run.
CREATE TABLE nightshift.recurrence_occurrences (
  planned_at timestamptz NOT NULL,
  due_at     timestamptz NOT NULL,
  -- When it was decided; for one that had been queued, when it left the queue.
  settled_at timestamptz NOT NULL,
  run_id     uuid,
  workflow   text        NOT NULL,
  key        text        NOT NULL,
  -- fired, queued or skipped.
  outcome    text        NOT NULL,
  -- Why it was skipped.
  reason     text,
  PRIMARY KEY (workflow, key, planned_at)
);
CREATE INDEX recurrence_occurrences_queued ON nightshift.recurrence_occurrences (workflow, key, planned_at) WHERE outcome = 'queued';
CREATE INDEX recurrence_occurrences_by_time ON nightshift.recurrence_occurrences (settled_at);
`;

const rights = `
GRANT SELECT ON nightshift.recurrence_occurrences
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
-- Who removes a recurrence settles what waits in its queue.
GRANT UPDATE ON nightshift.recurrence_occurrences TO nightshift_gateway, nightshift_executor;
-- Settles planned moments, and forgets old ones.
GRANT INSERT, UPDATE, DELETE ON nightshift.recurrence_occurrences TO nightshift_scheduler;
`;
