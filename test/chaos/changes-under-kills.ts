import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { waitFor } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import { killInTurn, type Victim } from './kill-in-turn.ts';
import { seededRandom, type Scenario, type ScenarioContext } from './scenario.ts';
import { writeAtRandom } from './write-at-random.ts';

const WRITERS = 4;
/** Few enough for the writers to meet. */
const THINGS = 200;
const workflow = 'parcel-changed';

/**
 * A trigger of Postgres keeps an account of what was changed, in the transaction that changes it: what was rolled back or lost is not in
 * it. The lock of the row, held to the commit, gives the changes of one thing the order of their commits.
 */
const account = `
CREATE TABLE parcel_account (place bigserial PRIMARY KEY, thing uuid, kind text, mark text, hot boolean);
CREATE FUNCTION keep_parcel_account() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO parcel_account (thing, kind, mark, hot) VALUES (OLD.id, 'deleted', OLD.mark, OLD.hot);
  ELSE
    INSERT INTO parcel_account (thing, kind, mark, hot)
    VALUES (NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'changed' END, NEW.mark, NEW.hot);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER parcel_account AFTER INSERT OR UPDATE OR DELETE ON parcels FOR EACH ROW EXECUTE FUNCTION keep_parcel_account();
`;

/** What every run was started by. */
const started = `
  SELECT r.id, r.status, r.started_at, r.finished_at, t.trigger ->> 'kind' AS kind,
    coalesce(t.trigger -> 'now' ->> 'mark', t.trigger -> 'before' ->> 'mark') AS mark
  FROM nightshift.runs r
  JOIN nightshift.run_events e ON e.run_id = r.id AND e.version = 1
  CROSS JOIN LATERAL (SELECT e.data -> 'trigger' AS trigger) t
  WHERE r.workflow = '${workflow}'`;

/**
 * Whatever is killed, every committed change that meets the trigger starts one run, and what was not committed none; the runs of one thing
 * go one after the other, in the order of its changes. `size`: changes, or more until everything was killed.
 */
export const changesUnderKills: Scenario = {
  name: 'changes under kills',
  replicas: 2,
  short: { size: 1_500 },
  full: { size: 100_000 },
  run: async (context) => {
    const { cluster, size, random, log } = context;
    const client = clientOf(cluster);
    await client.types.declare('parcels', { mark: { kind: 'text' }, hot: { kind: 'boolean' } });
    await query(cluster, account);
    await publish(client, {
      workflow,
      triggers: [{ change: 'parcels', when: "now.hot or (kind = 'deleted' and before.hot)" }],
      flow: { key: '=trigger.id', concurrency: { perKey: 1 } },
      do: [{ nothing: { set: 1 } }],
    });

    const isFull = size >= 10_000;
    const turns = [
      { what: 'a trigger service', victims: cluster.services.trigger },
      { what: 'nats-server', victims: [emptiedOnce(context)] },
      { what: 'a data service', victims: cluster.services.data },
      { what: 'Postgres', victims: [cluster.postgres] },
    ];
    const killing = killInTurn(context, isFull ? 4_000 : 500, turns);
    try {
      await Promise.all(
        Array.from({ length: WRITERS }, (_, writer) =>
          writeAtRandom({
            databaseUrl: cluster.databaseUrl,
            random: seededRandom(Math.floor(random() * 2 ** 31)),
            writer,
            things: THINGS,
            pauseMs: isFull ? 0 : 100,
            isEnough: (changes) => changes >= size / WRITERS && killing.kills >= turns.length,
          }),
        ),
      );
    } finally {
      log(`${await killing.stop()} kills`);
    }
    const [committed] = await query<{ changes: number; hot: number }>(
      cluster,
      'SELECT count(*)::int AS changes, count(*) FILTER (WHERE hot)::int AS hot FROM parcel_account',
    );
    log(`${committed!.changes} changes committed, of which ${committed!.hot} are to start a run`);
    await waitFor(async () => (await countEnded(context)) >= committed!.hot, {
      timeoutMs: 60_000 + size * 20,
      intervalMs: 250,
      describe: `${committed!.hot} runs to end`,
    });
    await assertOneEach(context);
    await assertOrder(context);
  },
};

/** The nats-server; the first time that it is killed, everything that it has stored is deleted as well. */
const emptiedOnce = ({ cluster: { nats }, log }: ScenarioContext): Victim => {
  let isEmptied = false;
  return {
    kill: async () => {
      await nats.kill();
      if (isEmptied) return;
      isEmptied = true;
      await rm(nats.storageDirectory, { recursive: true, force: true });
      log('its storage is deleted');
    },
    restart: () => nats.restart(),
  };
};

const countEnded = async ({ cluster }: ScenarioContext): Promise<number> => {
  const [counted] = await query<{ ended: number }>(
    cluster,
    `SELECT count(*)::int AS ended FROM nightshift.runs WHERE workflow = $1 AND status = 'succeeded'`,
    [workflow],
  );
  return counted!.ended;
};

const assertOneEach = async ({ cluster }: ScenarioContext): Promise<void> => {
  const wrong = await query(
    cluster,
    `WITH started AS (${started})
     SELECT coalesce(a.kind, s.kind) AS kind, coalesce(a.mark, s.mark) AS mark, a.place, count(s.id)::int AS runs
     FROM (SELECT * FROM parcel_account WHERE hot) a FULL JOIN started s ON s.kind = a.kind AND s.mark = a.mark
     GROUP BY 1, 2, 3 HAVING a.place IS NULL OR count(s.id) <> 1 LIMIT 20`,
  );
  assert.deepEqual(wrong, [], 'changes without a run, with several, or runs without a change');
};

const assertOrder = async ({ cluster }: ScenarioContext): Promise<void> => {
  const wrong = await query(
    cluster,
    `WITH started AS (${started}),
       run AS (
         SELECT a.thing, a.place, s.started_at,
           max(s.finished_at) OVER (PARTITION BY a.thing ORDER BY a.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS others_ended
         FROM parcel_account a JOIN started s ON s.kind = a.kind AND s.mark = a.mark)
     SELECT * FROM run WHERE started_at < others_ended LIMIT 20`,
  );
  assert.deepEqual(wrong, [], 'runs that started before the run of an earlier change of the same thing had ended');
};
