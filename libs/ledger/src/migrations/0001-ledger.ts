import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ledger's tables, and what each service may do with them. */
export const Ledger1700000000001 = class implements MigrationInterface {
  readonly name = 'Ledger1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(partitions);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
CREATE SCHEMA IF NOT EXISTS nightshift;

-- What happened: the only record. One row per event of a run, versions from 1 without gaps.
CREATE TABLE nightshift.run_events (
  run_id  uuid        NOT NULL,
  at      timestamptz NOT NULL,
  version integer     NOT NULL,
  type    text        NOT NULL,
  data    json        NOT NULL,
  PRIMARY KEY (run_id, version)
) PARTITION BY RANGE (run_id);

-- The projection of run_events, changed in the same transaction.
CREATE TABLE nightshift.runs (
  id               uuid        NOT NULL PRIMARY KEY,
  requested_at     timestamptz NOT NULL,
  due_at           timestamptz,
  started_at       timestamptz,
  finished_at      timestamptz,
  -- When the reconciler looks at the run; null while nothing is to be done for it.
  lease_until      timestamptz,
  parent_id        uuid,
  -- Null: the run is the first of its chain.
  chain_id         uuid,
  list_id          uuid,
  workflow_version integer     NOT NULL,
  iteration        integer     NOT NULL,
  depth            integer     NOT NULL,
  -- Whether the parent is a run that waits for this one's result.
  parent_waits     boolean     NOT NULL,
  workflow         text        NOT NULL,
  status           text        NOT NULL,
  cause            json        NOT NULL,
  result           json,
  problem          json
) PARTITION BY RANGE (id);

CREATE INDEX runs_by_workflow ON nightshift.runs (workflow, id);
CREATE INDEX runs_by_chain ON nightshift.runs (chain_id, id) WHERE chain_id IS NOT NULL;
CREATE INDEX runs_to_reconcile ON nightshift.runs (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE nightshift.timers (
  run_id uuid        NOT NULL,
  due_at timestamptz NOT NULL,
  kind   text        NOT NULL,
  PRIMARY KEY (run_id, kind)
);
CREATE INDEX timers_by_time ON nightshift.timers (due_at);

-- A list and how far it has been handed out. Counts are apart, in list_counts: ending items and handing out
-- new ones then never wait for each other's row.
CREATE TABLE nightshift.lists (
  id                  uuid        NOT NULL PRIMARY KEY,
  requested_at        timestamptz NOT NULL,
  start_at            timestamptz,
  next_start_at       timestamptz NOT NULL,
  finished_at         timestamptz,
  interval_ms         bigint,
  parent_run_id       uuid,
  total               integer     NOT NULL,
  next_index          integer     NOT NULL DEFAULT 0,
  -- Items that were never started because the list was cancelled.
  dropped             integer     NOT NULL DEFAULT 0,
  concurrency         integer,
  workflow_version    integer     NOT NULL,
  on_complete_version integer,
  depth               integer     NOT NULL,
  status              text        NOT NULL DEFAULT 'running',
  workflow            text        NOT NULL,
  item_parameter      text,
  on_complete         text,
  parameters          json        NOT NULL
);
CREATE INDEX lists_under_way ON nightshift.lists (next_start_at) WHERE finished_at IS NULL;

CREATE TABLE nightshift.list_counts (
  list_id     uuid    NOT NULL PRIMARY KEY,
  progress_at timestamptz,
  succeeded   integer NOT NULL DEFAULT 0,
  failed      integer NOT NULL DEFAULT 0,
  cancelled   integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE nightshift.list_chunks (
  list_id     uuid    NOT NULL,
  first_index integer NOT NULL,
  items       json    NOT NULL,
  PRIMARY KEY (list_id, first_index)
);

CREATE TABLE nightshift.recurrences (
  workflow   text        NOT NULL,
  key        text        NOT NULL,
  next_at    timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- What was asked for: every or cron, timeZone, startAt, parameters.
  spec       json        NOT NULL,
  PRIMARY KEY (workflow, key)
);
CREATE INDEX recurrences_by_time ON nightshift.recurrences (next_at);

CREATE TABLE nightshift.workflows (
  name              text    NOT NULL PRIMARY KEY,
  latest_version    integer NOT NULL,
  published_version integer,
  -- Grows with every publication of any workflow: a reader that knows the greatest one knows all.
  revision          bigint  NOT NULL DEFAULT 0
);
CREATE SEQUENCE nightshift.workflow_revisions;

CREATE TABLE nightshift.workflow_versions (
  workflow     text        NOT NULL,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  document     json        NOT NULL,
  PRIMARY KEY (workflow, version)
);
`;

/** Without a partition of its own a month's runs go to the default one: a scheduler that is down for long loses nothing but tidiness. */
const partitions = `
CREATE TABLE nightshift.run_events_default PARTITION OF nightshift.run_events DEFAULT;
CREATE TABLE nightshift.runs_default PARTITION OF nightshift.runs DEFAULT WITH (fillfactor = 80);

-- The smallest UUIDv7 of a moment.
CREATE FUNCTION nightshift.uuid_from_time(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the partitions of one table for this month and the months after it that are missing. A partition is made apart
-- and then attached, which leaves the table open to readers and writers; only the default partition is shut for a
-- moment, and not waited for long. Runs as the owner, so that the scheduler needs no right to create tables.
CREATE FUNCTION nightshift.ensure_partitions(table_name text, months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '500ms' AS $$
DECLARE
  made integer := 0;
  month timestamptz;
  part text;
BEGIN
  IF table_name NOT IN ('runs', 'run_events') THEN RAISE EXCEPTION 'no such partitioned table'; END IF;
  FOR i IN 0..months_ahead LOOP
    month := date_trunc('month', now(), 'UTC') + make_interval(months => i);
    part := table_name || to_char(month AT TIME ZONE 'UTC', '_YYYYMM');
    CONTINUE WHEN to_regclass(format('nightshift.%I', part)) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE nightshift.%I (LIKE nightshift.%I INCLUDING ALL)', part, table_name);
      IF table_name = 'runs' THEN EXECUTE format('ALTER TABLE nightshift.%I SET (fillfactor = 80)', part); END IF;
      EXECUTE format('ALTER TABLE nightshift.%I ATTACH PARTITION nightshift.%I FOR VALUES FROM (%L) TO (%L)',
        table_name, part, nightshift.uuid_from_time(month), nightshift.uuid_from_time(month + interval '1 month'));
    EXCEPTION WHEN duplicate_table OR unique_violation THEN
      -- Another scheduler made it in the same moment.
      CONTINUE;
    END;
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
REVOKE EXECUTE ON FUNCTION nightshift.ensure_partitions FROM PUBLIC;
SELECT nightshift.ensure_partitions('run_events', 1), nightshift.ensure_partitions('runs', 1);
`;

/** Group roles are the cluster's, not the database's: another database may have made them already. */
const rights = `
DO $$
DECLARE role text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('nightshift.roles'));
  FOREACH role IN ARRAY ARRAY['nightshift_gateway', 'nightshift_scheduler', 'nightshift_executor', 'nightshift_trigger'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', role); END IF;
  END LOOP;
END
$$;
GRANT USAGE ON SCHEMA nightshift TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
GRANT SELECT ON ALL TABLES IN SCHEMA nightshift TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;

-- Requests runs, lists and recurrences, cancels, saves workflows.
GRANT INSERT ON nightshift.run_events, nightshift.list_chunks TO nightshift_gateway;
GRANT INSERT, UPDATE ON nightshift.runs, nightshift.lists, nightshift.list_counts, nightshift.workflows, nightshift.workflow_versions TO nightshift_gateway;
GRANT INSERT, UPDATE, DELETE ON nightshift.timers, nightshift.recurrences TO nightshift_gateway;
GRANT USAGE ON SEQUENCE nightshift.workflow_revisions TO nightshift_gateway;

-- Fires what is due, hands out lists, reconciles.
GRANT INSERT ON nightshift.run_events TO nightshift_scheduler;
GRANT INSERT, UPDATE ON nightshift.runs TO nightshift_scheduler;
GRANT INSERT, UPDATE, DELETE ON nightshift.timers TO nightshift_scheduler;
GRANT UPDATE ON nightshift.lists, nightshift.list_counts TO nightshift_scheduler;
GRANT UPDATE, DELETE ON nightshift.recurrences TO nightshift_scheduler;
GRANT DELETE ON nightshift.list_chunks TO nightshift_scheduler;
GRANT EXECUTE ON FUNCTION nightshift.ensure_partitions TO nightshift_scheduler;

-- Advances runs, and commits with a step what the step asks for.
GRANT INSERT ON nightshift.run_events, nightshift.lists, nightshift.list_chunks TO nightshift_executor;
GRANT INSERT, UPDATE ON nightshift.runs, nightshift.timers, nightshift.list_counts TO nightshift_executor;
GRANT DELETE ON nightshift.timers TO nightshift_executor;

-- Requests runs.
GRANT INSERT ON nightshift.run_events, nightshift.runs TO nightshift_trigger;
`;
