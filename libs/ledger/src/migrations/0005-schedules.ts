import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What schedules are found by, the answers that idempotency keys keep, and what each service may do with both. */
export const Schedules1700000000005 = class implements MigrationInterface {
  readonly name = 'Schedules1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(scheduled);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
ALTER TABLE nightshift.runs
  -- Who asked for it: kind and name.
  ADD COLUMN requested_by json;
ALTER TABLE nightshift.lists ADD COLUMN requested_by json;
ALTER TABLE nightshift.recurrences ADD COLUMN requested_by json;

-- The projection of runs that have a due time or a key, for whoever looks for them; changed in the same transaction.
CREATE TABLE nightshift.schedules (
  run_id       uuid        NOT NULL PRIMARY KEY,
  due_at       timestamptz NOT NULL,
  ended_at     timestamptz,
  -- Null: the run is the first of its chain.
  chain_id     uuid,
  -- The list that the run which made it is an item of.
  list_id      uuid,
  -- Executed with the version that is published when it starts.
  is_latest    boolean     NOT NULL,
  -- scheduled, paused, open (queued, running or waiting), succeeded, failed or cancelled: the run's status, but for what changes often.
  phase        text        NOT NULL,
  workflow     text        NOT NULL,
  key          text,
  -- The name alone.
  requested_by text,
  -- As they can be searched: what jsonb cannot hold is replaced.
  parameters   jsonb       NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX schedules_by_time ON nightshift.schedules (due_at, run_id);
CREATE INDEX schedules_by_phase ON nightshift.schedules (phase, due_at, run_id);
CREATE INDEX schedules_by_workflow ON nightshift.schedules (workflow, phase, due_at, run_id);
CREATE INDEX schedules_by_user ON nightshift.schedules (requested_by, due_at, run_id) WHERE requested_by IS NOT NULL;
CREATE INDEX schedules_by_key ON nightshift.schedules (key text_pattern_ops, workflow) WHERE key IS NOT NULL;
CREATE INDEX schedules_with_key ON nightshift.schedules (due_at, run_id) WHERE key IS NOT NULL;
CREATE INDEX schedules_by_chain ON nightshift.schedules (chain_id, due_at, run_id) WHERE chain_id IS NOT NULL;
CREATE INDEX schedules_by_list ON nightshift.schedules (list_id, due_at, run_id) WHERE list_id IS NOT NULL;
CREATE INDEX schedules_by_parameters ON nightshift.schedules USING gin (parameters jsonb_path_ops);
CREATE INDEX schedules_ended ON nightshift.schedules (ended_at) WHERE ended_at IS NOT NULL;

-- The first request under a key and, once it has one, its answer.
CREATE TABLE nightshift.idempotency_keys (
  -- When the first attempt at the request began: ids of what it makes are derived from it.
  at          timestamptz NOT NULL,
  -- Until when the gateway that is at it is believed to be alive.
  lease_until timestamptz NOT NULL,
  answered_at timestamptz,
  status      integer,
  -- Who asked; a key is his own.
  scope       text        NOT NULL,
  key         text        NOT NULL,
  -- Of method, path, query and body; of a streamed body only that it is one.
  request     text        NOT NULL,
  -- Who is at it.
  holder      text        NOT NULL,
  -- Of a streamed body.
  upload      text,
  headers     json,
  body        text,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_by_time ON nightshift.idempotency_keys (at);
`;

/** What was scheduled before, as far as it has not ended. A moment of the version before may hold what jsonb cannot. */
const scheduled = `
CREATE FUNCTION nightshift.searchable(requested json) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN requested::jsonb;
EXCEPTION WHEN OTHERS THEN
  RETURN '{}';
END
$$;
INSERT INTO nightshift.schedules (run_id, due_at, chain_id, is_latest, phase, workflow, parameters)
SELECT r.id, r.due_at, r.chain_id, coalesce(q.requested ->> 'version', '') = 'latest',
  CASE WHEN r.status IN ('scheduled', 'paused') THEN r.status ELSE 'open' END, r.workflow, coalesce(q.requested -> 'parameters', '{}')
FROM nightshift.runs r JOIN nightshift.run_events e ON e.run_id = r.id AND e.version = 1
CROSS JOIN LATERAL (SELECT nightshift.searchable(e.data) AS requested) AS q
WHERE r.due_at IS NOT NULL AND r.finished_at IS NULL;
DROP FUNCTION nightshift.searchable;
`;

const rights = `
GRANT SELECT ON nightshift.schedules TO nightshift_gateway, nightshift_scheduler, nightshift_executor, nightshift_trigger;
GRANT INSERT, UPDATE ON nightshift.schedules TO nightshift_gateway, nightshift_executor;
-- Fires them, cancels what overlaps, and forgets those that ended long ago.
GRANT UPDATE, DELETE ON nightshift.schedules TO nightshift_scheduler;

-- Claims keys, keeps answers, and lets go of what nothing came of.
GRANT SELECT, INSERT, UPDATE, DELETE ON nightshift.idempotency_keys TO nightshift_gateway;
GRANT SELECT, DELETE ON nightshift.idempotency_keys TO nightshift_scheduler;
`;
