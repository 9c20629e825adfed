import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@nightshift/client';
import { isFinal } from '@nightshift/contracts';
import type { Cluster } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import { killInTurn } from './kill-in-turn.ts';
import { residentBytes } from './resident-bytes.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** A scheduler that holds more keeps something for each item. */
const SCHEDULER_MOST_BYTES = 300 * 1024 * 1024;
const ADMISSION_MOST_MS = 30_000;

async function* numbers(size: number): AsyncGenerator<object> {
  for (let n = 0; n < size; n++) yield { n, email: `user-${n}@example.com` };
}

/** A list of very many items ends with each of them once, whatever of the platform is killed meanwhile. */
export const millionItems: Scenario = {
  name: 'a million items while everything is killed in turn',
  replicas: 2,
  short: { size: 20_000 },
  full: { size: 1_000_000 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    await publish(client, { workflow: 'one-step', do: [{ draw: { set: '=$random()' } }] });
    await publish(client, { workflow: 'done', do: [{ a: { set: 1 } }] });
    const sentAt = Date.now();
    const { listId, total } = await client.lists.create('one-step', { items: numbers(size), onComplete: 'done' });
    const admissionMs = Date.now() - sentAt;
    log(`${size} items admitted in ${(admissionMs / 1000).toFixed(1)} s`);
    assert.equal(total, size);
    assert.ok(admissionMs <= ADMISSION_MOST_MS, `admission took ${admissionMs} ms`);

    const killing = killInTurn(context, size >= 100_000 ? 10_000 : 200);
    try {
      await watchProgress(context, client, listId);
    } finally {
      log(`${await killing.stop()} kills`);
    }
    await assertWhole(cluster, listId, size);
  },
};

/** Samples the progress until the list has ended. While a server is away nobody answers; what is answered must never fall. */
const watchProgress = async (
  { cluster, size, log }: ScenarioContext,
  client: Client,
  listId: string,
): Promise<void> => {
  const everyMs = size >= 100_000 ? 1_000 : 100;
  const untilMs = Date.now() + 60_000 + size * 5;
  let done = 0;
  let mostBytes = 0;
  for (;;) {
    assert.ok(Date.now() < untilMs, `the list is at ${done} of ${size}`);
    const progress = await client.progress(listId).catch(() => undefined);
    if (progress) {
      assert.ok(progress.done >= done, `done fell from ${done} to ${progress.done}`);
      assert.ok(progress.done <= size, `done is ${progress.done} of ${size}`);
      done = progress.done;
      if (isFinal(progress.status) && progress.done === size) break;
    }
    mostBytes = Math.max(mostBytes, ...cluster.services.scheduler.map(({ pid }) => residentBytes(pid)));
    await delay(everyMs);
  }
  log(`schedulers held ${Math.round(mostBytes / 1024 / 1024)} MB at most`);
  assert.ok(mostBytes < SCHEDULER_MOST_BYTES, `a scheduler held ${mostBytes} bytes`);
};

/** What is told is what is: as many final runs as are counted, one of each item, and one completion. */
const assertWhole = async (cluster: Cluster, listId: string, size: number): Promise<void> => {
  const [runs] = await query<object>(
    cluster,
    `SELECT count(*)::int AS runs, count(DISTINCT (cause ->> 'index')::int)::int AS items,
       count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded
     FROM nightshift.runs WHERE list_id = $1`,
    [listId],
  );
  assert.deepEqual(runs, { runs: size, items: size, succeeded: size });
  const [counts] = await query<object>(
    cluster,
    'SELECT succeeded, failed, cancelled, skipped, retrying FROM nightshift.list_counts WHERE list_id = $1',
    [listId],
  );
  assert.deepEqual(counts, { succeeded: size, failed: 0, cancelled: 0, skipped: 0, retrying: 0 });
  const [completions] = await query<object>(
    cluster,
    `SELECT count(*)::int AS completions FROM nightshift.runs WHERE workflow = 'done' AND cause ->> 'listId' = $1`,
    [listId],
  );
  assert.deepEqual(completions, { completions: 1 });
};
