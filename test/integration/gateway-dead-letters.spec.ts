import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { consumers, Failure, streams, subjects, type DeadLetterInfo } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { publishDeadLetter } from '@nightshift/messaging';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let sequence = 0;

beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway?.close());

/** Puts a dispatch aside, as the consumer of a stream does when it gives up. */
const putAside = async (payload: unknown, stream: string = streams.dispatch.name): Promise<string> => {
  const delivery = { subject: subjects.dispatch, streamSequence: ++sequence, deliveryCount: 5, time: new Date() };
  const failure = new Failure('platform.bug', { detail: 'Nobody expected this' });
  publishDeadLetter(gateway.bus, { stream, consumer: consumers.executor }, { payload, delivery }, failure);
  await gateway.bus.flush();
  return String((await gateway.bus.streamState(streams.dead))!.lastSequence);
};

const listed = async (): Promise<DeadLetterInfo[]> => (await gateway.client.deadLetters.list()).items;

/** How often a run stands in the queue. */
const queued = async (runId: string): Promise<number> => {
  const messages = await gateway.bus.readStream(streams.dispatch, { fromSequence: 1, limit: 1_000 });
  return messages.filter(({ text }) => (JSON.parse(text) as { runId: string }).runId === runId).length;
};

beforeEach(async () => {
  for (const stream of [streams.dead, streams.dispatch]) {
    for (const { sequence: place } of await gateway.bus.readStream(stream, { fromSequence: 1, limit: 1_000 })) {
      await gateway.bus.deleteMessage(stream, place);
    }
  }
});

describe('a dead letter', () => {
  it('says what was given up, where and why', async () => {
    const payload = { runId: newId(Date.now()), version: 1 };
    const id = await putAside(payload);
    const letter = {
      id,
      stream: 'NS_DISPATCH',
      consumer: 'executor',
      subject: subjects.dispatch,
      payload,
      deliveries: 5,
      reason: { code: 'platform.bug', detail: 'Nobody expected this' },
    };
    expect(await listed()).toMatchObject([letter]);
    expect(await gateway.client.deadLetters.get(id)).toMatchObject(letter);
  });

  it('is sent again once, however many ask for it at once', async () => {
    const runId = newId(Date.now());
    const id = await putAside({ runId, version: 1 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => gateway.client.deadLetters.redrive(id)));
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await queued(runId)).toBe(1);
    expect(await listed()).toEqual([]);
    await expect(gateway.client.deadLetters.redrive(id)).rejects.toMatchObject({ code: 'dead_letter.not_found' });
    await expect(gateway.client.deadLetters.get(id)).rejects.toMatchObject({ code: 'dead_letter.not_found' });
    expect(await queued(runId)).toBe(1);
  });

  it('that does not hold its message stays', async () => {
    const id = await putAside({ runId: 'x', filler: 'y'.repeat(300_000) });
    expect((await gateway.client.deadLetters.get(id)).payload).toBeUndefined();
    await expect(gateway.client.deadLetters.redrive(id)).rejects.toMatchObject({
      code: 'dead_letter.incomplete',
      status: 409,
    });
    expect(await listed()).toMatchObject([{ id }]);
  });

  it.each(['0', '999999', 'x', '1e3'])('is not there under the name %s', async (id) => {
    await expect(gateway.client.deadLetters.get(id)).rejects.toMatchObject({ code: 'dead_letter.not_found' });
  });
});

describe('all dead letters', () => {
  it('come page by page, of one stream if asked for', async () => {
    const runIds = [1, 2, 3].map(() => newId(Date.now()));
    const ids: string[] = [];
    for (const runId of runIds) ids.push(await putAside({ runId }));
    const other = await putAside({ runId: newId(Date.now()) }, streams.changes.name);
    const { deadLetters } = gateway.client;
    const first = await deadLetters.list({ limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await deadLetters.list({ limit: 2, cursor: first.nextCursor! });
    expect(second).toMatchObject({ items: [{ id: ids[2] }, { id: other }], nextCursor: null });
    expect((await deadLetters.list({ stream: streams.changes.name })).items).toMatchObject([{ id: other }]);
  });

  it('are sent again, but for those that cannot be', async () => {
    const runIds = Array.from({ length: 70 }, () => newId(Date.now()));
    for (const runId of runIds) await putAside({ runId });
    const incomplete = await putAside({ filler: 'y'.repeat(300_000) });
    const other = await putAside({ runId: newId(Date.now()) }, streams.changes.name);
    expect(await gateway.client.deadLetters.redriveAll({ stream: streams.dispatch.name })).toMatchObject({
      redriven: 70,
      unchanged: [{ id: incomplete, code: 'dead_letter.incomplete' }],
    });
    expect(await Promise.all(runIds.slice(0, 3).map(queued))).toEqual([1, 1, 1]);
    expect((await listed()).map(({ id }) => id)).toEqual([incomplete, other]);
    expect(await gateway.client.deadLetters.redriveAll()).toMatchObject({ redriven: 1 });
  });

  it('of a stream that there is not are a mistake', async () => {
    await expect(gateway.client.deadLetters.redriveAll({ stream: 'NS_DISPTACH' })).rejects.toMatchObject({
      code: 'request.invalid',
      problem: { errors: [{ pointer: '/stream' }] },
    });
  });
});

describe('a message that nobody answered', () => {
  it('is shown from its own stream, and moves to the end of it', async () => {
    const runId = newId(Date.now());
    const payload = { runId, version: 1 };
    gateway.bus.publish(subjects.dispatch, JSON.stringify(payload));
    await gateway.bus.flush();

    const { username, password, host } = new URL(gateway.nats.url);
    const connection = await connect({ servers: host, user: username, pass: password });
    try {
      const manager = await jetstreamManager(connection);
      await manager.consumers.add(streams.dispatch.name, {
        durable_name: consumers.executor,
        ack_policy: AckPolicy.Explicit,
        max_deliver: 1,
      });
      const consumer = await jetstream(connection).consumers.get(streams.dispatch.name, consumers.executor);
      const take = async (): Promise<unknown> => {
        const message = await consumer.next({ expires: 1_000 });
        message?.nak();
        return message?.json();
      };
      expect(await take()).toEqual(payload);
      // Only when somebody asks for it again does the server see that it was delivered often enough.
      expect(await take()).toBeUndefined();
      const letter = await waitFor(async () => (await listed())[0]);
      expect(letter).toMatchObject({
        stream: 'NS_DISPATCH',
        consumer: 'executor',
        subject: subjects.dispatch,
        payload,
        deliveries: 1,
        reason: { code: 'message.unanswered' },
      });
      await gateway.client.deadLetters.redrive(letter.id);
      expect(await queued(runId)).toBe(1);
      expect(await take()).toEqual(payload);
      await manager.consumers.delete(streams.dispatch.name, consumers.executor);
    } finally {
      await connection.close();
    }
  });

  it('is gone when its stream does not have it any more', async () => {
    const runId = newId(Date.now());
    gateway.bus.publish(subjects.dispatch, JSON.stringify({ runId, version: 1 }));
    await gateway.bus.flush();
    const { lastSequence } = (await gateway.bus.streamState(streams.dispatch))!;
    await gateway.bus.deleteMessage(streams.dispatch, lastSequence);
    const advisory = streams.dead.subjects[1].replace('>', `${streams.dispatch.name}.${consumers.executor}`);
    gateway.bus.publish(advisory, JSON.stringify({ stream_seq: lastSequence, deliveries: 10 }));
    await gateway.bus.flush();
    const [letter] = await listed();
    expect(letter).toMatchObject({ deliveries: 10, reason: { code: 'message.unanswered' } });
    expect(letter).not.toHaveProperty('payload');
    await expect(gateway.client.deadLetters.redrive(letter!.id)).rejects.toMatchObject({
      code: 'dead_letter.incomplete',
    });
  });
});
