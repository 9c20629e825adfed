import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@nightshift/testing';
import { Webhook } from 'standardwebhooks';
import { clientOf, publish, query } from './application.ts';
import { killInTurn } from './kill-in-turn.ts';
import type { Scenario } from './scenario.ts';

/** The services find the receiver there: they are told before it is there. */
const PORT = 48_713;

/** Each of what can die has died. */
const LEAST_KILLS = 4;

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
  full: { size: 1_500 },
  run: async (context) => {
    const { cluster, size, random, log } = context;
    const receiver = await openReceiver(random);
    try {
      const client = clientOf(cluster);
      await publish(client, { workflow: 'naps', do: [{ nap: { wait: { milliseconds: 200 } } }] });
      const { signingSecret } = await client.webhooks.put('all-ends', { url: `http://127.0.0.1:${PORT}/ends` });
      receiver.learn(signingSecret!);
      const items = Array.from({ length: size }, (_, index) => index);
      await client.lists.create('naps', { items, interval: { milliseconds: 100 } });

      const killing = killInTurn(context, 1_000, [
        { what: 'a trigger service', victims: cluster.services.trigger },
        { what: 'an executor', victims: cluster.services.executor },
        { what: 'nats-server', victims: [cluster.nats] },
        { what: 'Postgres', victims: [cluster.postgres] },
      ]);
      const allHaveEnded = async (): Promise<boolean> => {
        const [counted] = await query<{ ended: number }>(
          cluster,
          'SELECT count(*)::int AS ended FROM nightshift.runs WHERE finished_at IS NOT NULL',
        ).catch(() => [{ ended: 0 }]);
        return counted!.ended === size && killing.kills >= LEAST_KILLS;
      };
      await waitFor(allHaveEnded, {
        ...{ timeoutMs: 180_000 + size * 100, intervalMs: 200 },
        describe: 'all runs to end',
      }).finally(() => killing.stop());
      log(`${killing.kills} kills; all runs have ended`);

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
