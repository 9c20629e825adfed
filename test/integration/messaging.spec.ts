import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Failure, streams, subjects, type StreamDeclaration } from '@nightshift/contracts';
import {
  connectBus,
  JetStreamStrategy,
  OnRequest,
  OnStream,
  type Bus,
  type Delivered,
  type Delivery,
  type StreamHandlerOptions,
} from '@nightshift/messaging';
import { freePort, startNatsServer, waitFor, type NatsServer } from '@nightshift/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let directory: string;
let server: NatsServer;
let bus: Bus;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nightshift-messaging-'));
  server = await startNatsServer({ directory, port: await freePort() });
  bus = await connectBus({ url: server.url, name: 'messaging-spec' });
});

afterAll(async () => {
  await bus.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

let made = 0;
/** A stream that no other test knows. */
const makeStream = async (retention: StreamDeclaration['retention'] = 'limits'): Promise<StreamDeclaration> => {
  const name = `T${++made}`;
  const stream: StreamDeclaration = {
    name,
    subjects: [`t${made}.>`],
    retention,
    maxAgeMs: 3_600_000,
    duplicateWindowMs: 120_000,
  };
  await bus.ensureStreams([stream]);
  return stream;
};

const subjectOf = (stream: StreamDeclaration, token = 'x'): string => stream.subjects[0]!.replace('>', token);

const publishNumbers = async (stream: StreamDeclaration, count: number, first = 1): Promise<void> => {
  for (let n = first; n < first + count; n++) bus.publish(subjectOf(stream), String(n));
  await bus.flush();
};

/** Every message of a stream that holds exactly as many as are awaited. */
const readAll = async (stream: StreamDeclaration, count: number): Promise<string[]> => {
  const texts: string[] = [];
  const feed = await bus.follow(stream, { from: { sequence: 1 }, onMessage: ({ text }) => texts.push(text) });
  await waitFor(() => texts.length >= count, { describe: `${count} messages in ${stream.name}` });
  await feed.close();
  return texts;
};

const letters = async (stream: StreamDeclaration, count: number) => {
  const found: { reason: { code: string }; payload: unknown; deliveries: number; subject: string }[] = [];
  const feed = await bus.follow(streams.dead, {
    filterSubjects: [subjects.dead(stream.name, 'worker')],
    from: { sequence: 1 },
    onMessage: ({ text }) => found.push(JSON.parse(text)),
  });
  await waitFor(() => found.length >= count, { describe: 'dead letters' });
  await feed.close();
  return found;
};

const settings = (stream: StreamDeclaration, more: Partial<StreamHandlerOptions> = {}): StreamHandlerOptions => ({
  stream,
  consumer: 'worker',
  concurrency: 4,
  ackWaitMs: 5_000,
  maxDeliver: 3,
  ...more,
});

const decorate = (target: { prototype: object }, method: string, decorator: MethodDecorator): void => {
  decorator(target.prototype, method, Object.getOwnPropertyDescriptor(target.prototype, method)!);
};

describe('publishing', () => {
  it('tells where each message was stored, in order', async () => {
    const stream = await makeStream();
    const stored: number[] = [];
    for (let n = 1; n <= 2_000; n++) bus.publish(subjectOf(stream), `${n}`, { onAck: (at) => stored.push(at) });
    await bus.flush();
    expect(stored).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    expect(await readAll(stream, 2_000)).toEqual(stored.map(String));
  });

  it('stores a repeat with the same id once', async () => {
    const stream = await makeStream();
    bus.publish(subjectOf(stream), '1', { id: 'same' });
    bus.publish(subjectOf(stream), '1', { id: 'same' });
    bus.publish(subjectOf(stream), '2', { id: 'other' });
    await bus.flush();
    expect((await bus.streamState(stream))?.lastSequence).toBe(2);
  });

  it('makes callers wait when the window is full', async () => {
    const stream = await makeStream();
    const narrow = await connectBus({ url: server.url, name: 'narrow', publishWindow: 10 });
    for (let n = 0; n < 10; n++) narrow.publish(subjectOf(stream), '0');
    let isWritable = false;
    const writable = narrow.whenWritable().then(() => (isWritable = true));
    await Promise.resolve();
    expect(isWritable).toBe(false);
    await writable;
    await narrow.flush();
    await narrow.close();
  });

  it('refuses what the server would not take, before anything is sent', async () => {
    const stream = await makeStream();
    expect(() => bus.publish(subjectOf(stream), 'x'.repeat(2_000_000))).toThrow(
      expect.objectContaining({ code: 'request.too_large' }),
    );
  });
});

describe('requests', () => {
  it('answers, refuses, and tells when nobody is there', async () => {
    const service = bus.serve(
      'r.double',
      (body) => {
        const { n } = body as { n?: number };
        if (n === undefined) throw new Failure('request.invalid', { detail: 'n is missing' });
        return n * 2;
      },
      { queue: 'doublers' },
    );
    expect(await bus.request('r.double', { n: 21 }, { timeoutMs: 2_000 })).toBe(42);
    await expect(bus.request('r.double', {}, { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'request.invalid',
      message: 'n is missing',
    });
    await service.close();
    await expect(
      bus.request('r.double', { n: 1 }, { timeoutMs: 2_000, unavailable: 'data.unavailable' }),
    ).rejects.toMatchObject({ code: 'data.unavailable' });
  });

  it('gives up when the answer takes too long', async () => {
    const service = bus.serve('r.never', () => new Promise(() => {}), { queue: 'q' });
    await expect(bus.request('r.never', null, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'messaging.unavailable',
    });
    await service.close();
  });

  it('hears what is sent until it stops listening', async () => {
    const heard: unknown[] = [];
    const listening = bus.subscribe('s.news', (body, subject) => heard.push([body, subject]));
    bus.send('s.news', { a: 1 });
    await waitFor(() => heard.length === 1);
    listening.close();
    bus.send('s.news', { a: 2 });
    await bus.request('s.none', null, { timeoutMs: 1_000 }).catch(() => {});
    expect(heard).toEqual([[{ a: 1 }, 's.news']]);
  });
});

describe('handlers of a Nest application', () => {
  it('get payload and delivery, and answer requests', async () => {
    const stream = await makeStream('workqueue');
    const seen: { payload: unknown; delivery: Delivery }[] = [];

    class Handlers {
      async onMessage(payload: unknown, delivery: Delivery): Promise<void> {
        seen.push({ payload, delivery });
      }

      async onRequest(body: unknown): Promise<unknown> {
        if (body === 'bad') throw new Failure('thing.not_found', { detail: 'no such thing' });
        return { got: body };
      }
    }
    class App {}
    // Decorators as functions: no compiler options reach this file.
    Controller()(Handlers);
    decorate(Handlers, 'onMessage', OnStream(settings(stream)));
    decorate(Handlers, 'onRequest', OnRequest('r.nest'));
    Module({ controllers: [Handlers] })(App);

    const strategy = new JetStreamStrategy({ bus });
    const app = await NestFactory.createMicroservice(App, { strategy, logger: false });
    await app.listen();
    expect(strategy.isReading).toBe(true);

    bus.publish(subjectOf(stream, 'a'), '{"n":1}');
    await waitFor(() => seen.length === 1);
    expect(seen[0]).toMatchObject({
      payload: { n: 1 },
      delivery: { subject: subjectOf(stream, 'a'), streamSequence: 1, deliveryCount: 1, time: expect.any(Date) },
    });
    expect(Math.abs(seen[0]!.delivery.time.getTime() - Date.now())).toBeLessThan(60_000);
    await waitFor(async () => (await bus.consumerFloor(stream, 'worker')) === 1);

    expect(await bus.request('r.nest', { a: 1 }, { timeoutMs: 2_000 })).toEqual({ got: { a: 1 } });
    await expect(bus.request('r.nest', 'bad', { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'thing.not_found',
      message: 'no such thing',
    });
    await app.close();
    expect(strategy.isReading).toBe(false);
  });
});

describe('consuming', () => {
  it('tries again what can be retried and puts aside what cannot', async () => {
    const stream = await makeStream('workqueue');
    const tries: string[] = [];
    const worker = bus.consume(settings(stream), async (payload, { deliveryCount }) => {
      tries.push(`${String(payload)}/${deliveryCount}`);
      if (payload === 'flaky' && deliveryCount === 1) throw new Error('once');
      if (payload === 'poison') throw new Failure('workflow.invalid', { detail: 'never' });
      if (payload === 'hopeless') throw new Failure('ledger.unavailable');
    });
    for (const text of ['flaky', 'poison', 'hopeless']) bus.publish(subjectOf(stream), JSON.stringify(text));
    bus.publish(subjectOf(stream), 'no json');
    const found = await letters(stream, 3);
    expect(found.map(({ reason, payload, deliveries }) => [reason.code, payload, deliveries]).sort()).toEqual([
      ['ledger.unavailable', 'hopeless', 3],
      ['request.malformed', 'no json', 1],
      ['workflow.invalid', 'poison', 1],
    ]);
    expect(tries.filter((each) => each.startsWith('flaky'))).toEqual(['flaky/1', 'flaky/2']);
    await waitFor(async () => (await bus.streamState(stream))!.firstSequence === 5, { describe: 'an empty queue' });
    await worker.close(1_000);
  });

  it('never handles more at a time than it was told', async () => {
    const stream = await makeStream('workqueue');
    let running = 0;
    let most = 0;
    let done = 0;
    const worker = bus.consume(settings(stream, { concurrency: 3 }), async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      done++;
    });
    await publishNumbers(stream, 60);
    await waitFor(() => done === 60);
    expect(most).toBe(3);
    await worker.close(1_000);
  });

  it('takes turns between lanes: a flood in one holds up another by what is in hand', async () => {
    const stream = await makeStream('workqueue');
    for (let n = 0; n < 500; n++) bus.publish(subjectOf(stream, 'flood'), '"flood"');
    bus.publish(subjectOf(stream, 'quiet'), '"quiet"');
    await bus.flush();
    const order: unknown[] = [];
    const worker = bus.consume(
      {
        ...settings(stream, { concurrency: 2 }),
        filterSubject: subjectOf(stream, 'main'),
        lanes: ['flood', 'quiet'].map((lane) => ({
          consumer: `worker-${lane}`,
          filterSubject: subjectOf(stream, lane),
        })),
      },
      async (payload) => {
        order.push(payload);
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    );
    await waitFor(() => order.length === 501);
    expect(order.indexOf('quiet')).toBeLessThan(250);
    expect(order.filter((payload) => payload === 'flood')).toHaveLength(500);
    await worker.close(1_000);
  });

  it('keeps a message that takes longer than the ack wait', async () => {
    const stream = await makeStream('workqueue');
    const deliveries: number[] = [];
    let isDone = false;
    const worker = bus.consume(settings(stream, { ackWaitMs: 600 }), async (_payload, { deliveryCount }) => {
      deliveries.push(deliveryCount);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      isDone = true;
    });
    await publishNumbers(stream, 1);
    await waitFor(() => isDone);
    expect(deliveries).toEqual([1]);
    await worker.close(1_000);
  });

  it('hands back at once what it will not finish', async () => {
    const stream = await makeStream('workqueue');
    const slow = bus.consume(settings(stream, { concurrency: 2, ackWaitMs: 60_000 }), () => new Promise(() => {}));
    await publishNumbers(stream, 3);
    await slow.opened;
    await waitFor(async () => (await bus.oldestUndelivered(stream, 'worker')) === undefined);
    await slow.close(50);
    const got: unknown[] = [];
    const quick = bus.consume(settings(stream, { ackWaitMs: 60_000 }), (payload) => void got.push(payload));
    await waitFor(() => got.length === 3, { timeoutMs: 5_000 });
    expect(got.sort()).toEqual([1, 2, 3]);
    await quick.close(1_000);
  });
});

describe('consuming in order', () => {
  const inOrder = (stream: StreamDeclaration, batch: number) => ({
    stream,
    consumer: 'reader',
    ackWaitMs: 1_000,
    batch,
  });

  it('hands over batches in order and repeats a batch that failed', async () => {
    const stream = await makeStream();
    await publishNumbers(stream, 50);
    const batches: number[][] = [];
    let failures = 2;
    const reader = bus.consumeInOrder(inOrder(stream, 10), async (batch) => {
      batches.push(batch.map(({ payload }) => payload as number));
      if (batches.length > 1 && failures-- > 0) throw new Error('not now');
    });
    await waitFor(async () => (await bus.consumerFloor(stream, 'reader')) === 50);
    expect(batches[1]).toEqual(batches[2]);
    expect(batches[2]).toEqual(batches[3]);
    expect([batches[0], ...batches.slice(3)].flat()).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(Math.max(...batches.map(({ length }) => length))).toBe(10);
    await reader.close(1_000);
  });

  it('lets a second reader go on right after what the first has finished', async () => {
    const stream = await makeStream();
    await publishNumbers(stream, 30);
    const first: unknown[] = [];
    let isStuck = false;
    const stuck = bus.consumeInOrder(inOrder(stream, 5), async (batch: Delivered[]) => {
      isStuck = batch.some(({ payload }) => (payload as number) > 10);
      if (isStuck) await new Promise(() => {});
      first.push(...batch.map(({ payload }) => payload));
    });
    await waitFor(() => isStuck);
    await stuck.close(10);
    const second: unknown[] = [];
    const next = bus.consumeInOrder(
      inOrder(stream, 5),
      (batch) => void second.push(...batch.map((each) => each.payload)),
    );
    await waitFor(() => second.at(-1) === 30);
    expect(first.length).toBeGreaterThan(5);
    expect([...first, ...second]).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(await bus.consumerFloor(stream, 'reader-position')).toBeUndefined();
    await next.close(1_000);
  });
});

describe('following', () => {
  it('begins where it is told and takes only what it is told', async () => {
    const stream = await makeStream();
    for (const token of ['a', 'b', 'a', 'c', 'a']) bus.publish(subjectOf(stream, token), token);
    await bus.flush();
    const some: number[] = [];
    const fresh: string[] = [];
    const both: string[] = [];
    const feeds = await Promise.all([
      bus.follow(stream, {
        filterSubjects: [subjectOf(stream, 'a')],
        from: { sequence: 2 },
        onMessage: ({ sequence }) => some.push(sequence),
      }),
      bus.follow(stream, { from: 'new', onMessage: ({ subject }) => fresh.push(subject) }),
      bus.follow(stream, {
        filterSubjects: [subjectOf(stream, 'b'), subjectOf(stream, 'c')],
        from: { sequence: 1 },
        onMessage: ({ text }) => both.push(text),
      }),
    ]);
    bus.publish(subjectOf(stream, 'a'), 'late');
    await waitFor(() => some.length === 3 && fresh.length === 1 && both.length === 2);
    expect({ some, fresh, both }).toEqual({ some: [3, 5, 6], fresh: [subjectOf(stream, 'a')], both: ['b', 'c'] });
    await Promise.all(feeds.map((feed) => feed.close()));
  });
});

describe('what is known of streams', () => {
  it('says nothing of what is not there', async () => {
    const nowhere: StreamDeclaration = { ...streams.dead, name: 'NOWHERE' };
    expect(await bus.streamState(nowhere)).toBeUndefined();
    expect(await bus.consumerFloor(nowhere, 'nobody')).toBeUndefined();
    expect(await bus.oldestUndelivered(nowhere, 'nobody')).toBeUndefined();
  });

  it('knows since when a consumer is behind', async () => {
    const stream = await makeStream();
    const worker = bus.consume(settings(stream), () => {});
    await publishNumbers(stream, 1);
    await waitFor(async () => (await bus.consumerFloor(stream, 'worker')) === 1);
    await worker.close(1_000);
    const before = Date.now();
    await publishNumbers(stream, 2);
    const oldest = await bus.oldestUndelivered(stream, 'worker');
    expect(Math.abs(oldest!.getTime() - before)).toBeLessThan(5_000);
  });

  it('corrects a stream that was declared otherwise', async () => {
    const stream = await makeStream();
    const { createdAt } = (await bus.streamState(stream))!;
    await bus.ensureStreams([{ ...stream, maxAgeMs: 60_000, duplicateWindowMs: 30_000 }]);
    expect((await bus.streamState(stream))!.createdAt).toEqual(createdAt);
  });
});
