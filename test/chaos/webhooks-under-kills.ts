import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@nightshift/testing';
import { Webhook } from 'standardwebhooks';
import { clientOf, publish, query } from './application.ts';
import { keepKilling } from './killing.ts';
import type { Scenario } from './scenario.ts';

/** The services find the receiver there: they are told before it is there. */
const PORT = 48_713;

interface Receiver {
  /** The ids that arrived, and how often each did. */
  arrived: Map<string, number>;
  wrong: number;
  learn(secret: string): void;
  close(): void;
}

/** Takes two thirds of what comes, and of one id not more than twice not. */
const openReceiver = async (random: () => number): Promise<Receiver> => {
  const refused = new Map<string, number>();
  let verifier: Webhook | undefined;
  const receiver: Receiver = {
    arrived: new Map(),
    wrong: 0,
    learn: (secret) => (verifier = new Webhook(secret)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const id = String(request.headers['webhook-id']);
      try {
        verifier!.verify(Buffer.concat(parts).toString(), request.headers as Record<string, string>);
      } catch {
        receiver.wrong++;
      }
      const times = refused.get(id) ?? 0;
      if (times < 2 && random() < 1 / 3) {
        refused.set(id, times + 1);
        return response.writeHead(503).end();
      }
      receiver.arrived.set(id, (receiver.arrived.get(id) ?? 0) + 1);
      return response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(PORT, '127.0.0.1', resolve));
  assert.equal((server.address() as AddressInfo).port, PORT);
  return receiver;
};

/**
 * Runs end while trigger services, executors, nats-server and Postgres are killed, and the receiver refuses at random: every end arrives at
 * least once, rightly signed, and nothing else does. `size`: runs.
 */
export const webhooksUnderKills: Scenario = {
  name: 'webhooks while everything dies',
  replicas: 2,
  env: { NIGHTSHIFT_EGRESS_ALLOW: `127.0.0.1:${PORT}`, NIGHTSHIFT_SECRETS_KEY: Buffer.alloc(32, 9).toString('base64') },
  short: { size: 200 },
  full: { size: 3_000 },
  run: async ({ cluster, size, random, log }) => {
    const receiver = await openReceiver(random);
    try {
      const client = clientOf(cluster);
      await publish(client, { workflow: 'naps', do: [{ nap: { wait: { milliseconds: 200 } } }] });
      const { signingSecret } = await client.webhooks.put('all-ends', { url: `http://127.0.0.1:${PORT}/ends` });
      receiver.learn(signingSecret!);
      const items = Array.from({ length: size }, (_, index) => index);
      await client.lists.create('naps', { items, interval: { milliseconds: 20 } });

      const killing = keepKilling({ random, log }, [...cluster.services.trigger, ...cluster.services.executor], 1_000);
      const hasEnded = async (share: number): Promise<boolean> => {
        const [counted] = await query<{ ended: number }>(
          cluster,
          'SELECT count(*)::int AS ended FROM nightshift.runs WHERE finished_at IS NOT NULL',
        ).catch(() => [{ ended: 0 }]);
        return counted!.ended >= size * share;
      };
      const until = (share: number): Promise<unknown> =>
        waitFor(() => hasEnded(share), {
          ...{ timeoutMs: 120_000 + size * 100, intervalMs: 200 },
          describe: `${share * 100} % of the runs to end`,
        });
      await until(0.2);
      await cluster.nats.kill();
      log('nats-server killed');
      await cluster.nats.restart();
      await until(0.5);
      await cluster.postgres.kill();
      log('Postgres killed');
      await cluster.postgres.restart();
      await until(1);
      log(`${await killing.stop()} kills; all runs have ended`);

      await waitFor(() => receiver.arrived.size >= size, {
        ...{ timeoutMs: 180_000, intervalMs: 250 },
        describe: `${size} ends to arrive`,
      });
      const repeated = [...receiver.arrived.values()].filter((times) => times > 1).length;
      log(`${receiver.arrived.size} ends have arrived, ${repeated} of them more than once`);
      assert.equal(receiver.wrong, 0);
      const expected = await query<{ id: string }>(cluster, 'SELECT id FROM nightshift.webhook_deliveries ORDER BY id');
      assert.equal(expected.length, size);
      assert.deepEqual(
        [...receiver.arrived.keys()].sort(),
        expected.map(({ id }) => id),
      );
    } finally {
      receiver.close();
    }
  },
};
