import assert from 'node:assert/strict';
import { waitFor } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import { keepKilling } from './killing.ts';
import type { Scenario } from './scenario.ts';

/**
 * No two runs hold a lock at the same time, though holders die, and all get it in the end. A run that lost it fails with `lock.lost` and
 * does nothing after its loss. `size`: runs.
 */
export const locksUnderKills: Scenario = {
  name: 'locks while their holders die',
  replicas: 2,
  short: { size: 30 },
  full: { size: 300 },
  run: async (context) => {
    const { cluster, size, log } = context;
    const client = clientOf(cluster);
    await client.types.declare('visits', { run: { kind: 'text' }, what: { kind: 'text' }, room: { kind: 'text' } });
    const visit = (what: string) => ({
      create: { type: 'visits', fields: { run: '=run.id', what, room: '=parameters.room' } },
    });
    await publish(client, {
      workflow: 'visit',
      parameters: { type: 'object', properties: { room: { type: 'string' } }, required: ['room'] },
      do: [
        {
          alone: {
            lock: {
              name: `='room ' & parameters.room`,
              // Others get the lock of a dead holder before that is taken up again, now and then.
              lease: { seconds: 3 },
              do: [{ enter: visit('enter') }, { stay: { wait: { milliseconds: 20 } } }, { leave: visit('leave') }],
            },
          },
        },
      ],
    });
    const runIds: string[] = [];
    for (let n = 0; n < size; n++) runIds.push((await client.runs.start('visit', { room: String(n % 3) })).runId);

    const killing = keepKilling(context, cluster.services.executor, 700);
    try {
      await waitFor(
        async () => {
          const [counted] = await query<{ ended: number }>(
            cluster,
            'SELECT count(*)::int AS ended FROM nightshift.runs WHERE id = ANY($1::uuid[]) AND finished_at IS NOT NULL',
            [runIds],
          );
          return counted!.ended === size;
        },
        { timeoutMs: 60_000 + size * 1_000, intervalMs: 250, describe: `${size} runs to end` },
      );
    } finally {
      log(`${await killing.stop()} kills`);
    }

    const runs = await query<{ id: string; status: string; code: string | null }>(
      cluster,
      `SELECT id, status, problem ->> 'code' AS code FROM nightshift.runs WHERE id = ANY($1::uuid[])`,
      [runIds],
    );
    const succeeded = runs.filter(({ status }) => status === 'succeeded');
    log(`${succeeded.length} succeeded, ${size - succeeded.length} lost their lock`);
    assert.deepEqual(
      runs.filter(({ status, code }) => status !== 'succeeded' && code !== 'lock.lost'),
      [],
    );
    assert.ok(succeeded.length > 0);

    const visits = await query<{ run: string; what: string; room: string }>(
      cluster,
      'SELECT run, what, room FROM visits ORDER BY "createdAt"',
    );
    const lastIn = new Map<string, string>();
    const left = new Set<string>();
    for (const { run, what, room } of visits) {
      if (what === 'enter') lastIn.set(room, run);
      else {
        left.add(run);
        assert.equal(lastIn.get(room), run, `run ${run} left room ${room}, where another one had entered since`);
      }
    }
    assert.deepEqual(
      succeeded.filter(({ id }) => !left.has(id)),
      [],
    );
  },
};
