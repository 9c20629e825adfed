import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Flows of workflows, their queues, what is held; and what each service may do with them. */
export const Flow1700000000007 = class implements MigrationInterface {
  readonly name = 'Flow1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- Timers of different workflows, for the most part, so that many of one that are due at once do not hold up those of others.
ALTER TABLE nightshift.timers ADD COLUMN lane smallint NOT NULL DEFAULT 0;
CREATE FUNCTION nightshift.timer_lane(workflow text) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (hashtext(workflow) & 7)::smallint
$$;
UPDATE nightshift.timers t SET lane = nightshift.timer_lane(r.workflow) FROM nightshift.runs r WHERE r.id = t.run_id;
DROP INDEX nightshift.timers_by_time;
CREATE INDEX timers_by_time ON nightshift.timers (lane, due_at);

-- What limits the starts of a workflow. A workflow without a row here has no queue, and costs nothing.
CREATE TABLE nightshift.flows (
  updated_at timestamptz NOT NULL DEFAULT now(),
  workflow   text        NOT NULL PRIMARY KEY,
  spec       json        NOT NULL,
  -- The starts that count for the rate of the workflow as a whole.
  rate       json
);

-- What is not to start: everything (neither workflow nor chain), a workflow, one key of it, the next cycle of a chain.
CREATE TABLE nightshift.flow_holds (
  since    timestamptz NOT NULL DEFAULT now(),
  chain_id uuid,
  workflow text,
  key      text,
  reason   text,
  UNIQUE NULLS NOT DISTINCT (workflow, key, chain_id)
);

-- Runs of workflows with a flow, or that are held: from the moment when they might start to their end.
CREATE TABLE nightshift.flow_runs (
  run_id      uuid        NOT NULL PRIMARY KEY,
  queued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The queue's order: queued_at, moved by the priority.
  position    timestamptz NOT NULL DEFAULT clock_timestamp(),
  admitted_at timestamptz,
  ended_at    timestamptz,
  chain_id    uuid,
  -- The run that this one was gathered into.
  batch_id    uuid,
  -- Whether the moment of its start is still to be counted for a rate.
  counts      boolean     NOT NULL DEFAULT false,
  -- Whether others were gathered into it.
  is_batch    boolean     NOT NULL DEFAULT false,
  workflow    text        NOT NULL,
  -- Null: it has not been computed yet.
  key         text,
  -- The event with which it is to end without having started: type, data.
  ending      json
) WITH (fillfactor = 70);
CREATE INDEX flow_runs_new ON nightshift.flow_runs (workflow, queued_at)
  WHERE key IS NULL AND ending IS NULL AND ended_at IS NULL AND admitted_at IS NULL;
CREATE INDEX flow_runs_waiting ON nightshift.flow_runs (workflow, key, position, run_id)
  WHERE admitted_at IS NULL AND ended_at IS NULL AND ending IS NULL AND batch_id IS NULL;
CREATE INDEX flow_runs_under_way ON nightshift.flow_runs (workflow, key) WHERE admitted_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX flow_runs_ended ON nightshift.flow_runs (workflow) WHERE ended_at IS NOT NULL;
CREATE INDEX flow_runs_ending ON nightshift.flow_runs (workflow) WHERE ending IS NOT NULL AND ended_at IS NULL;
CREATE INDEX flow_runs_to_count ON nightshift.flow_runs (workflow) WHERE counts;
CREATE INDEX flow_runs_of_batch ON nightshift.flow_runs (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX flow_runs_of_chain ON nightshift.flow_runs (chain_id) WHERE chain_id IS NOT NULL;

-- Keys that are to be looked at again, and what is to be known of them then.
CREATE TABLE nightshift.flow_keys (
  -- Null: when a run of the key ends or a new one comes.
  due_at   timestamptz,
  -- Since when starts are put off by a debounce.
  since    timestamptz,
  workflow text NOT NULL,
  key      text NOT NULL,
  -- The starts that count for the rate of the key.
  rate     json,
  PRIMARY KEY (workflow, key)
);
CREATE INDEX flow_keys_due ON nightshift.flow_keys (workflow, due_at) WHERE due_at IS NOT NULL;
`;

const rights = `
GRANT SELECT ON nightshift.flows, nightshift.flow_holds, nightshift.flow_runs, nightshift.flow_keys
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
-- Whoever requests a run puts it into the queue; whoever ends one leaves room.
GRANT INSERT, UPDATE ON nightshift.flow_runs
  TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
-- Sets flows and holds, and has what they concern looked at.
GRANT INSERT, UPDATE, DELETE ON nightshift.flows, nightshift.flow_holds TO nightshift_gateway;
GRANT INSERT, UPDATE ON nightshift.flow_keys TO nightshift_gateway;
-- Admits runs, and ends those that are not to start.
GRANT INSERT ON nightshift.list_failures TO nightshift_scheduler;
GRANT UPDATE ON nightshift.flows TO nightshift_scheduler;
GRANT DELETE ON nightshift.flow_runs TO nightshift_scheduler;
GRANT INSERT, UPDATE, DELETE ON nightshift.flow_keys TO nightshift_scheduler;
`;
