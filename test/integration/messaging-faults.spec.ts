import { AckPolicy, DeliverPolicy, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { StreamDeclaration } from '@nightshift/contracts';
import { connectBus, type Bus, type RunningConsumer } from '@nightshift/messaging';
import { freePort, startNatsServer, waitFor, type NatsServer } from '@nightshift/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
let server: NatsServer;
let bus: Bus;
let consumers: RunningConsumer[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nightshift-faults-'));
  server = await startNatsServer({ directory, port: await freePort() });
  bus = await connectBus({ url: server.url, name: 'faults-spec' });
  consumers = [];
});

afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.close(100)));
  await bus.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const queue: StreamDeclaration = {
  name: 'QUEUE',
  subjects: ['q.>'],
  retention: 'workqueue',
  maxAgeMs: 3_600_000,
  duplicateWindowMs: 120_000,
};
const log: StreamDeclaration = { ...queue, name: 'LOG', subjects: ['l.>'], retention: 'limits' };

const settings = { stream: queue, consumer: 'worker', concurrency: 8, ackWaitMs: 2_000, maxDeliver: 10 };
const readerOf = (stream: StreamDeclaration) => ({ stream, consumer: 'reader', ackWaitMs: 2_000, batch: 16 });

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const losingEverything = async (): Promise<void> => {
  await server.kill();
  rmSync(server.storageDirectory, { recursive: true, force: true });
  await server.restart();
};

const killed = async (): Promise<void> => {
  await server.kill();
  await server.restart();
};

describe('publishing', () => {
  it.each([
    ['is killed', killed],
    ['is killed and loses its storage', losingEverything],
  ])('stores everything that was not acked when the server %s', async (_what, fault) => {
    await bus.ensureStreams([log]);
    const ackedBefore = new Set<number>();
    const acked = new Set<number>();
    // What was acked until then may have been stored only where it got lost.
    let isBack = false;
    bus.onReconnect(() => (isBack = true));
    let next = 0;
    const publishSome = (): void => {
      for (let n = 0; n < 50; n++) {
        const number = ++next;
        bus.publish('l.x', String(number), {
          id: String(number),
          onAck: () => {
            acked.add(number);
            if (!isBack) ackedBefore.add(number);
          },
        });
      }
    };
    const publishing = setInterval(publishSome, 5);
    await waitFor(() => acked.size > 500);
    await fault();
    await waitFor(() => acked.size > ackedBefore.size + 500);
    clearInterval(publishing);
    await bus.flush();

    expect(acked.size).toBe(next);
    const stored = new Set<number>();
    const feed = await bus.follow(log, { from: { sequence: 1 }, onMessage: ({ text }) => stored.add(Number(text)) });
    await waitFor(() => stored.has(next));
    await feed.close();
    const missing = range(1, next).filter((number) => !stored.has(number));
    // What the server had acked before it lost its storage is for the ledger to repair.
    expect(missing.filter((number) => !ackedBefore.has(number))).toEqual([]);
    if (fault !== killed) return;
    expect(missing).toEqual([]);
    expect((await bus.streamState(log))!.lastSequence).toBe(next);
  });

  it('puts back a stream that was deleted', async () => {
    await bus.ensureStreams([log]);
    const other = await connectBus({ url: server.url, name: 'other' });
    for (let round = 0; round < 3; round++) {
      const { createdAt } = (await bus.streamState(log))!;
      await deleteStream('LOG');
      other.publish('l.x', 'nobody knows this stream yet');
      bus.publish('l.x', String(round));
      await bus.flush();
      expect((await bus.streamState(log))!.createdAt).not.toEqual(createdAt);
    }
    await other.flush();
    await other.close();
  });
});

describe('consuming', () => {
  it('handles everything when the server is killed in between, at least once', async () => {
    await bus.ensureStreams([queue]);
    const handled = new Set<unknown>();
    consumers.push(
      bus.consume(settings, async (payload) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        handled.add(payload);
      }),
    );
    for (const n of range(1, 2_000)) bus.publish('q.x', String(n), { id: String(n) });
    await waitFor(() => handled.size > 200);
    await killed();
    await waitFor(() => handled.size === 2_000, { timeoutMs: 20_000, describe: 'all messages' });
    // Acks were lost with the connection: those messages come again, and then the queue is empty.
    await waitFor(async () => (await bus.streamState(queue))!.firstSequence === 2_001, { describe: 'an empty queue' });
  });

  it('goes on when the storage was lost', async () => {
    await bus.ensureStreams([queue]);
    const handled: unknown[] = [];
    consumers.push(bus.consume(settings, (payload) => void handled.push(payload)));
    bus.publish('q.x', '"before"');
    await waitFor(() => handled.includes('before'));
    await losingEverything();
    bus.publish('q.x', '"after"');
    await waitFor(() => handled.includes('after'));
    expect(bus.isConnected).toBe(true);
  });

  it('goes on when its consumer or its stream was deleted', async () => {
    await bus.ensureStreams([queue]);
    const handled: unknown[] = [];
    consumers.push(bus.consume(settings, (payload) => void handled.push(payload)));
    await consumers[0]!.opened;
    await deleteConsumer('QUEUE', 'worker');
    bus.publish('q.x', '1');
    await waitFor(() => handled.includes(1));
    await deleteStream('QUEUE');
    bus.publish('q.x', '2');
    await waitFor(() => handled.includes(2));
  });

  it('does not ack a message of the new stream for one of the lost stream', async () => {
    await bus.ensureStreams([queue]);
    const handled: unknown[] = [];
    const gates = { old: Promise.withResolvers<void>(), new: Promise.withResolvers<void>() };
    const worker = bus.consume({ ...settings, concurrency: 1, ackWaitMs: 60_000 }, async (payload) => {
      handled.push(payload);
      await gates[payload as 'old' | 'new'].promise;
    });
    consumers.push(worker);
    bus.publish('q.x', '"old"');
    await waitFor(() => handled.length === 1);
    await losingEverything();
    bus.publish('q.x', '"new"');
    // Sequence 1 again, delivered and waiting behind the old one.
    await waitFor(async () => (await bus.streamState(queue))?.lastSequence === 1 && worker.isReading);
    await waitFor(async () => (await bus.consumerFloor(queue, 'worker')) === 0);
    await waitFor(async () => (await bus.oldestUndelivered(queue, 'worker')) === undefined);
    gates.old.resolve();
    await waitFor(() => handled.includes('new'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await bus.streamState(queue))!.firstSequence).toBe(1);
    gates.new.resolve();
    await waitFor(async () => (await bus.streamState(queue))!.firstSequence === 2);
  });
});

describe('consuming in order', () => {
  it('keeps the order over kills and a second reader, and repeats only unfinished batches', async () => {
    await bus.ensureStreams([log]);
    const seen: number[] = [];
    const read = (): RunningConsumer =>
      bus.consumeInOrder(readerOf(log), async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.push(...batch.map(({ payload }) => payload as number));
      });
    const first = read();
    for (const n of range(1, 3_000)) bus.publish('l.x', String(n), { id: String(n) });
    await waitFor(() => seen.length > 300);
    await killed();
    await waitFor(() => seen.length > 1_500, { timeoutMs: 20_000 });
    await first.close(2_000);
    const second = read();
    consumers.push(second);
    await waitFor(() => seen.at(-1) === 3_000, { timeoutMs: 20_000 });
    // In one process nothing is repeated: it knows what it has handled although the ack was lost.
    expect(seen).toEqual(range(1, 3_000));
    await waitFor(async () => (await bus.consumerFloor(log, 'reader')) === 3_000);
  });

  it('starts again with the new stream when the storage was lost', async () => {
    await bus.ensureStreams([log]);
    const seen: unknown[] = [];
    consumers.push(
      bus.consumeInOrder(readerOf(log), (batch) => void seen.push(...batch.map(({ payload }) => payload))),
    );
    for (const n of range(1, 20)) bus.publish('l.x', String(n));
    await waitFor(() => seen.length === 20);
    await losingEverything();
    for (const n of range(21, 25)) bus.publish('l.x', String(n));
    await waitFor(() => seen.length === 25);
    expect(seen).toEqual(range(1, 25));
  });

  it('goes on from its floor when the predecessor died between making its marker and its reader', async () => {
    await bus.ensureStreams([log]);
    for (const n of range(1, 40)) bus.publish('l.x', String(n));
    const seen: unknown[] = [];
    const first = bus.consumeInOrder(readerOf(log), (batch) => void seen.push(...batch.map(({ payload }) => payload)));
    await waitFor(async () => (await bus.consumerFloor(log, 'reader')) === 40);
    await first.close(1_000);
    await withManager((manager) =>
      manager.consumers.add('LOG', {
        durable_name: 'reader-position',
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: 41,
      }),
    );
    await deleteConsumer('LOG', 'reader');
    bus.publish('l.x', '41');
    consumers.push(
      bus.consumeInOrder(readerOf(log), (batch) => void seen.push(...batch.map(({ payload }) => payload))),
    );
    await waitFor(() => seen.includes(41));
    expect(seen).toEqual(range(1, 41));
  });
});

describe('following', () => {
  it('has no gap and no repeat over kills', async () => {
    await bus.ensureStreams([log]);
    const seen: number[] = [];
    let resets = 0;
    const feed = await bus.follow(log, {
      from: 'new',
      onMessage: ({ text }) => seen.push(Number(text)),
      onReset: () => resets++,
    });
    let next = 0;
    const publishing = setInterval(() => {
      for (let n = 0; n < 10; n++) {
        const number = ++next;
        bus.publish('l.x', String(number), { id: String(number) });
      }
    }, 2);
    for (const enough of [300, 900]) {
      await waitFor(() => seen.length > enough, { timeoutMs: 20_000 });
      await killed();
    }
    await waitFor(() => seen.length > 1_500, { timeoutMs: 20_000 });
    clearInterval(publishing);
    await bus.flush();
    await waitFor(() => seen.at(-1) === next);
    expect(seen).toEqual(range(1, next));
    expect(resets).toBe(0);
    await feed.close();
  });

  it('tells that the stream was lost, and goes on with the new one from its beginning', async () => {
    await bus.ensureStreams([log]);
    const seen: string[] = [];
    const feed = await bus.follow(log, {
      from: { sequence: 1 },
      onMessage: ({ text, sequence }) => seen.push(`${text}@${sequence}`),
      onReset: () => seen.push('reset'),
    });
    bus.publish('l.x', 'a');
    bus.publish('l.x', 'b');
    await waitFor(() => seen.length === 2);
    await losingEverything();
    bus.publish('l.x', 'c');
    await waitFor(() => seen.includes('c@1'));
    expect(seen).toEqual(['a@1', 'b@2', 'reset', 'c@1']);
    await feed.close();
  });
});

/** What an operator can do behind the back of the bus. */
const withManager = async (action: (manager: JetStreamManager) => Promise<unknown>): Promise<void> => {
  const { username, password, host } = new URL(server.url);
  const connection = await connect({ servers: host, user: username, pass: password });
  await action(await jetstreamManager(connection));
  await connection.close();
};
const deleteStream = (name: string): Promise<void> => withManager((manager) => manager.streams.delete(name));
const deleteConsumer = (stream: string, name: string): Promise<void> =>
  withManager((manager) => manager.consumers.delete(stream, name));
