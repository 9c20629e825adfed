import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pauses, progress, locks, outside events, secrets, the mailbox and what guards count; and what each service may do with them. */
export const FlowControl1700000000002 = class implements MigrationInterface {
  readonly name = 'FlowControl1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
ALTER TABLE nightshift.runs
  -- Since when the run is paused. With an index in place of the status: that one changes too often to be in an index.
  ADD COLUMN paused_at timestamptz,
  -- The guard that paused it; null: somebody did.
  ADD COLUMN held_by   text,
  -- What its last progress step said: done, total, message.
  ADD COLUMN progress  json;
CREATE INDEX runs_paused ON nightshift.runs (workflow, id) WHERE paused_at IS NOT NULL;
CREATE INDEX runs_by_parent ON nightshift.runs (parent_id, id) WHERE parent_id IS NOT NULL;

-- Who holds a lock (held_until is set: one row of a name at most) and who waits for it, in order of seq.
CREATE TABLE nightshift.locks (
  run_id     uuid        NOT NULL,
  since      timestamptz NOT NULL DEFAULT clock_timestamp(),
  held_until timestamptz,
  -- When this waiter was told that it is next; null: not yet, or it came and the lock was taken again.
  woken_at   timestamptz,
  seq        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  lease_ms   bigint      NOT NULL,
  name       text        NOT NULL,
  step       text        NOT NULL,
  PRIMARY KEY (name, run_id, step)
);
CREATE UNIQUE INDEX locks_held ON nightshift.locks (name) WHERE held_until IS NOT NULL;
CREATE INDEX locks_waiting ON nightshift.locks (name, seq) WHERE held_until IS NULL;
CREATE INDEX locks_by_run ON nightshift.locks (run_id);

-- Outside events as they came in; those that a run emits come with its commit and are delivered after it.
CREATE TABLE nightshift.outside_events (
  received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the runs that waited for it had it; null: they may not have it yet.
  delivered_at timestamptz,
  time         timestamptz NOT NULL,
  source       text        NOT NULL,
  id           text        NOT NULL,
  type         text        NOT NULL,
  -- Empty: it has none.
  subject      text        NOT NULL,
  data         json        NOT NULL,
  PRIMARY KEY (source, id)
);
CREATE INDEX outside_events_by_key ON nightshift.outside_events (type, subject, received_at);
CREATE INDEX outside_events_by_time ON nightshift.outside_events (received_at);
CREATE INDEX outside_events_undelivered ON nightshift.outside_events (received_at) WHERE delivered_at IS NULL;

-- Steps that wait for an outside event.
CREATE TABLE nightshift.event_waits (
  run_id    uuid        NOT NULL,
  since     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the events that came before the wait were looked through.
  looked_at timestamptz,
  step      text        NOT NULL,
  type      text        NOT NULL,
  key       text        NOT NULL,
  PRIMARY KEY (run_id, step)
);
CREATE INDEX event_waits_by_key ON nightshift.event_waits (type, key);
CREATE INDEX event_waits_to_look ON nightshift.event_waits (since) WHERE looked_at IS NULL;

CREATE TABLE nightshift.secrets (
  name       text        NOT NULL PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  sealed     text        NOT NULL
);

CREATE TABLE nightshift.mailbox (
  message_id text        NOT NULL PRIMARY KEY,
  run_id     uuid        NOT NULL,
  at         timestamptz NOT NULL,
  seq        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  step       text        NOT NULL,
  message    json        NOT NULL
);
CREATE UNIQUE INDEX mailbox_by_seq ON nightshift.mailbox (seq);

-- How often each workflow was started in each minute.
CREATE TABLE nightshift.workflow_starts (
  workflow text        NOT NULL,
  minute   timestamptz NOT NULL,
  starts   integer     NOT NULL,
  PRIMARY KEY (workflow, minute)
) WITH (fillfactor = 50);
`;

const rights = `
GRANT SELECT ON nightshift.locks, nightshift.outside_events, nightshift.event_waits, nightshift.workflow_starts
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
GRANT INSERT, UPDATE ON nightshift.workflow_starts
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;

-- Takes in outside events, ends runs that hold locks, puts secrets without ever reading what is sealed, shows mails.
GRANT INSERT, UPDATE ON nightshift.outside_events TO nightshift_gateway;
GRANT INSERT, UPDATE, DELETE ON nightshift.event_waits TO nightshift_gateway;
GRANT UPDATE, DELETE ON nightshift.locks TO nightshift_gateway;
GRANT SELECT (name, created_at, updated_at), INSERT, UPDATE, DELETE ON nightshift.secrets TO nightshift_gateway;
GRANT SELECT, DELETE ON nightshift.mailbox TO nightshift_gateway;

-- Delivers what was left, wakes who was forgotten, and tidies up.
GRANT UPDATE, DELETE ON nightshift.outside_events, nightshift.event_waits, nightshift.locks TO nightshift_scheduler;
GRANT DELETE ON nightshift.workflow_starts TO nightshift_scheduler;

-- Takes locks, waits for events and emits them, sets recurrences, cancels lists, reads secrets, keeps mails.
GRANT INSERT, UPDATE, DELETE ON nightshift.locks, nightshift.event_waits, nightshift.recurrences TO nightshift_executor;
GRANT INSERT, UPDATE ON nightshift.outside_events TO nightshift_executor;
GRANT UPDATE ON nightshift.lists TO nightshift_executor;
GRANT SELECT ON nightshift.secrets TO nightshift_executor;
GRANT INSERT ON nightshift.mailbox TO nightshift_executor;
`;
