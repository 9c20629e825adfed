import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@nightshift/testing';
import { Client as Postgres } from 'pg';
import { clientOf, countEffects, declareEffects, publish, query } from './application.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** Kills a data service, a trigger service, nats-server and Postgres at random, and starts each again. */
const killAround = ({ cluster, random, log }: ScenarioContext): { kills: () => number; stop(): Promise<number> } => {
  const { data, trigger } = cluster.services;
  const ending = new AbortController();
  let kills = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      await delay(300 + random() * 700, undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      const victims = [...data, ...trigger, cluster.nats, cluster.postgres];
      const index = Math.floor(random() * victims.length);
      log(
        `killing ${['a data service', 'a trigger service'][Math.floor(index / 2)] ?? ['nats-server', 'Postgres'][index - 4]}`,
      );
      await victims[index]!.kill();
      kills++;
      await victims[index]!.restart();
    }
  };
  const working = work();
  return {
    kills: () => kills,
    stop: async () => {
      ending.abort();
      await working;
      return kills;
    },
  };
};

/** What became of one transaction as far as its client knows; the table knows better. */
const askOnce = async (sql: Postgres, n: number, random: () => number): Promise<void> => {
  const ask = (what: string): Promise<unknown> =>
    sql.query(`INSERT INTO asked SELECT nightshift.start('note', jsonb_build_object('what', $1::text)), $1::text`, [
      what,
    ]);
  await sql.query('BEGIN');
  await ask(`${n}`);
  if (random() < 0.3) {
    await sql.query('SAVEPOINT part');
    await ask(`${n} in part`);
    await sql.query(random() < 0.5 ? 'ROLLBACK TO part' : 'RELEASE part');
  }
  await sql.query(random() < 0.3 ? 'ROLLBACK' : 'COMMIT');
};

/**
 * Every start that SQL has committed is one run, and nothing that was rolled back is one, whatever dies. `size`: at least as many
 * transactions, and a twentieth as many kills.
 */
export const startsUnderKills: Scenario = {
  name: 'starts from SQL while everything on their way dies',
  replicas: 2,
  short: { size: 60 },
  full: { size: 1_000 },
  run: async (context) => {
    const { cluster, size, random, log } = context;
    const client = clientOf(cluster);
    await declareEffects(client);
    await publish(client, {
      workflow: 'note',
      do: [{ row: { create: { type: 'effects', fields: { what: '=parameters.what' } } } }],
    });
    await query(cluster, 'CREATE TABLE asked (run_id uuid PRIMARY KEY, what text)');
    await waitFor(async () => (await query(cluster, 'SELECT FROM pg_replication_slots')).length === 1);

    const killing = killAround(context);
    let sql: Postgres | undefined;
    let broken = 0;
    let tried = 0;
    try {
      for (; tried < size || killing.kills() < size / 20; tried++) {
        // Spread over the kills.
        await delay(random() * 120);
        try {
          if (sql === undefined) {
            sql = new Postgres(cluster.databaseUrl);
            sql.on('error', () => {});
            await sql.connect();
          }
          await askOnce(sql, tried, random);
        } catch {
          broken++;
          await sql?.end().catch(() => {});
          sql = undefined;
        }
      }
    } finally {
      log(`${await killing.stop()} kills, ${broken} of ${tried} transactions broke`);
      await sql?.end().catch(() => {});
    }

    const asked = await query<{ run_id: string; what: string }>(
      cluster,
      'SELECT run_id, what FROM asked ORDER BY run_id',
    );
    const ended = (): Promise<{ id: string }[]> =>
      query(cluster, `SELECT id FROM nightshift.runs WHERE workflow = 'note' AND status = 'succeeded' ORDER BY id`);
    await waitFor(async () => (await ended()).length >= asked.length, {
      timeoutMs: 60_000,
      intervalMs: 250,
      describe: `${asked.length} runs to end`,
    });
    const runs = await query<{ id: string }>(
      cluster,
      `SELECT id FROM nightshift.runs WHERE workflow = 'note' ORDER BY id`,
    );
    assert.deepEqual(
      runs.map(({ id }) => id),
      asked.map(({ run_id }) => run_id),
    );
    assert.deepEqual(await countEffects(cluster), { effects: asked.length, repeated: [] });
    assert.ok(asked.length > 0 && asked.length < tried * 1.3, `${asked.length} starts of ${tried} transactions`);
    log(`${asked.length} starts committed, each one run`);
  },
};
