import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@nightshift/testing';
import { clientOf, publish, query } from './application.ts';
import type { Scenario } from './scenario.ts';

const RESTARTS = 20;
/** After every so many restarts of the subscriber a gateway dies, each in its turn. */
const RESTARTS_PER_GATEWAY_KILL = 4;
const workflow = 'watched';

/**
 * A subscriber is killed twenty times while runs go on, and a gateway five times in between; it goes on from what it has stored, at whichever
 * gateway answers. It sees every event once, and those of each run in order. `size`: runs.
 */
export const subscriberRestarts: Scenario = {
  name: 'a subscriber that dies twenty times',
  replicas: 2,
  short: { size: 600 },
  full: { size: 10_000 },
  run: async ({ cluster, size, random, log }) => {
    const client = clientOf(cluster);
    await publish(client, {
      workflow,
      parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      do: [{ a: { set: '=$random()' } }, { b: { set: '=$random()' } }, { c: { set: '=parameters.n' } }],
    });
    const file = join(cluster.directory, 'seen');
    const start = (): ChildProcess =>
      fork(fileURLToPath(new URL('./event-subscriber.ts', import.meta.url)), [
        file,
        cluster.adminKey,
        `workflow=${workflow}`,
        ...cluster.gatewayUrls,
      ]);

    let subscriber = start();
    try {
      await waitFor(() => existsSync(file), { describe: 'the subscriber to be there' });
      let gatewayKills = 0;
      for (let restart = 1; restart <= RESTARTS; restart++) {
        const share = size / RESTARTS;
        const [from, to] = [Math.floor((restart - 1) * share), Math.floor(restart * share)];
        // Of the gateway that lives.
        await clientOf(cluster, gatewayKills).lists.create(workflow, {
          items: Array.from({ length: to - from }, (_, index) => from + index),
          as: 'n',
        });
        // Somewhere in the middle of what that makes happen.
        await delay(random() * (size >= 10_000 ? 1_500 : 150));
        subscriber.kill('SIGKILL');
        await once(subscriber, 'exit');
        if (restart % RESTARTS_PER_GATEWAY_KILL === 0) {
          const victim = cluster.services.gateway[gatewayKills++ % cluster.services.gateway.length]!;
          await victim.kill();
          log(`killed the subscriber and ${victim.name}`);
          subscriber = start();
          await victim.restart();
        } else subscriber = start();
      }

      const [counted] = await waitFor(
        async () => {
          const rows = await query<{ ended: number; events: number }>(
            cluster,
            `SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS ended,
               (SELECT count(*)::int FROM nightshift.run_events e JOIN nightshift.runs r ON r.id = e.run_id WHERE r.workflow = $1) AS events
             FROM nightshift.runs WHERE workflow = $1`,
            [workflow],
          );
          return rows[0]!.ended === size ? rows : undefined;
        },
        { timeoutMs: 60_000 + size * 20, intervalMs: 500, describe: 'the end of all runs' },
      );
      const seen = (): [string, number][] =>
        readFileSync(file, 'utf8')
          .split('\n')
          .slice(0, -1)
          .flatMap((line) => {
            const [, runId, version] = line.split(' ');
            return runId === undefined ? [] : [[runId, Number(version)]];
          });
      await waitFor(() => seen().length >= counted!.events, {
        timeoutMs: 60_000,
        intervalMs: 250,
        describe: `${counted!.events} events, of which ${seen().length} have been seen`,
      });
      assertOnceAndInOrder(seen(), size, counted!.events);
      log(`${counted!.events} events of ${size} runs, each once`);
    } finally {
      subscriber.kill('SIGKILL');
    }
  },
};

const assertOnceAndInOrder = (seen: readonly [string, number][], runs: number, events: number): void => {
  const last = new Map<string, number>();
  for (const [runId, version] of seen) {
    assert.equal(version, (last.get(runId) ?? 0) + 1, `an event of run ${runId} is repeated, missing or out of order`);
    last.set(runId, version);
  }
  assert.equal(last.size, runs);
  assert.equal(seen.length, events);
};
