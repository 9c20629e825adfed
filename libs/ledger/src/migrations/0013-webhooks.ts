import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks and what is sent to them, replays of events that came in, and what each service may do with them. */
export const Webhooks1700000000013 = class implements MigrationInterface {
  readonly name = 'Webhooks1700000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
CREATE TABLE nightshift.webhooks (
  id            uuid        NOT NULL PRIMARY KEY,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  paused_at     timestamptz,
  -- Since when nothing has arrived, though it was tried.
  failing_since timestamptz,
  name          text        NOT NULL UNIQUE,
  pause_reason  text,
  last_error    text,
  -- Where to, and what.
  spec          jsonb       NOT NULL
);

-- Secrets that were made for webhooks that name none: the newest signs, and so does the one before until it ends.
CREATE TABLE nightshift.webhook_secrets (
  webhook_id uuid        NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at    timestamptz,
  sealed     text        NOT NULL
);
CREATE INDEX webhook_secrets_by_webhook ON nightshift.webhook_secrets (webhook_id, made_at);

-- One event for one webhook. Its id is derived from both, so that however often the event is found there is one.
CREATE TABLE nightshift.webhook_deliveries (
  id               uuid        NOT NULL PRIMARY KEY,
  webhook_id       uuid        NOT NULL,
  run_id           uuid        NOT NULL,
  -- When the event happened.
  at               timestamptz NOT NULL,
  -- When somebody is to send it; while somebody does, when he counts as dead.
  due_at           timestamptz NOT NULL,
  first_attempt_at timestamptz,
  settled_at       timestamptz,
  version          integer     NOT NULL,
  attempts         integer     NOT NULL DEFAULT 0,
  status           text        NOT NULL DEFAULT 'pending',
  type             text        NOT NULL,
  workflow         text        NOT NULL,
  chain_id         uuid        NOT NULL,
  list_id          uuid,
  latest           jsonb       NOT NULL DEFAULT '[]'
) WITH (fillfactor = 70);
CREATE INDEX webhook_deliveries_due ON nightshift.webhook_deliveries (webhook_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_of_run ON nightshift.webhook_deliveries (run_id, version, webhook_id);
CREATE INDEX webhook_deliveries_by_webhook ON nightshift.webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_dead ON nightshift.webhook_deliveries (webhook_id, id) WHERE status = 'dead';
CREATE INDEX webhook_deliveries_settled ON nightshift.webhook_deliveries (settled_at) WHERE settled_at IS NOT NULL;

-- Up to when every event was given to the webhooks that want it.
CREATE TABLE nightshift.webhook_watch (
  is_only    boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (is_only),
  handled_to timestamptz NOT NULL
);
INSERT INTO nightshift.webhook_watch (handled_to) VALUES (now());

-- Rows come in order of their time, nearly: a summary of each stretch of pages finds those of a time, and costs an append next to nothing.
CREATE INDEX run_events_by_time ON nightshift.run_events USING brin (at) WITH (autosummarize = on);

-- An event from outside that is to start once more what it starts.
CREATE TABLE nightshift.event_replays (
  id         uuid        NOT NULL PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT now(),
  matched_at timestamptz,
  source     text        NOT NULL,
  event_id   text        NOT NULL
);
CREATE INDEX event_replays_of_event ON nightshift.event_replays (source, event_id, at);
CREATE INDEX event_replays_unmatched ON nightshift.event_replays (at, id) WHERE matched_at IS NULL;
CREATE INDEX outside_events_by_source ON nightshift.outside_events (source, received_at);
`;

const rights = `
GRANT SELECT ON nightshift.webhooks, nightshift.webhook_deliveries
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;

-- Says who is told, makes secrets that it cannot read, sends again.
GRANT INSERT, UPDATE, DELETE ON nightshift.webhooks TO nightshift_gateway;
GRANT INSERT, DELETE, SELECT (webhook_id, made_at, ends_at), UPDATE (ends_at) ON nightshift.webhook_secrets TO nightshift_gateway;
GRANT UPDATE (due_at, status, first_attempt_at, settled_at) ON nightshift.webhook_deliveries TO nightshift_gateway;
GRANT SELECT, INSERT ON nightshift.event_replays TO nightshift_gateway;

-- Finds what they are to be told.
GRANT INSERT ON nightshift.webhook_deliveries TO nightshift_trigger;
GRANT SELECT, UPDATE ON nightshift.webhook_watch TO nightshift_trigger;
GRANT SELECT, UPDATE (matched_at) ON nightshift.event_replays TO nightshift_trigger;

-- Sends it, and notes how it went.
GRANT SELECT ON nightshift.webhook_secrets TO nightshift_executor;
GRANT UPDATE ON nightshift.webhook_deliveries TO nightshift_executor;
GRANT UPDATE (paused_at, pause_reason, failing_since, last_error) ON nightshift.webhooks TO nightshift_executor;

-- Forgets.
GRANT DELETE ON nightshift.webhook_deliveries TO nightshift_scheduler;
GRANT SELECT, DELETE ON nightshift.event_replays TO nightshift_scheduler;
`;
