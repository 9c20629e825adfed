import { rmSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { streams } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, requestRun, succeeded } from './event-runs.ts';
import { openEventSocket } from './event-socket.ts';
import { openEventStream, type EventStream } from './event-stream.ts';

let gateway: TestGateway;
const opened: { drop(): Promise<void> }[] = [];
const headers = { authorization: `Bearer ${ADMIN_KEY}` };

beforeAll(async () => {
  gateway = await openTestGateway();
  await gateway.client.workflows.save('mail', { workflow: 'mail', do: [{ a: { set: 1 } }] });
  await gateway.client.workflows.publish('mail');
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.drop();
});
afterAll(() => gateway?.close());

const follow = async (query: string, lastEventId?: string, url = gateway.url): Promise<EventStream> => {
  const stream = await openEventStream(`${url}/v1/events?${query}`, {
    ...headers,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  });
  opened.push(stream);
  return stream;
};

/** Deletes what the stream holds, as its age does. */
const expire = async (): Promise<void> => {
  const { host, username, password } = new URL(gateway.nats.url);
  const nc = await connect({ servers: host, user: username, pass: password });
  await (await jetstreamManager(nc)).streams.purge(streams.runEvents.name);
  await nc.close();
};

/** Does, while nobody listens, so that no gateway remembers what was there. */
const away = async (work: () => Promise<unknown>): Promise<string> => {
  await work();
  const { url } = await gateway.openAnother();
  return url;
};

describe('whoever was away for longer than events are kept', () => {
  it('is told so, and sees what comes after', async () => {
    const run = await requestRun(gateway, 'mail');
    const stream = await follow('workflow=mail');
    await run.add([completed('1')]);
    await waitFor(() => stream.seen.length === 1);
    await stream.drop();
    const url = await away(async () => {
      await run.add([completed('2'), completed('3')]);
      await gateway.bus.flush();
      await expire();
    });
    await run.add([completed('4')]);
    const resumed = await follow('workflow=mail', stream.lastEventId, url);
    await waitFor(() => resumed.seen.length === 1);
    expect(resumed.gaps).toEqual([stream.lastEventId]);
    expect(resumed.seen.map(({ event }) => event.version)).toEqual([5]);

    const again = await follow('workflow=mail', resumed.lastEventId, url);
    await run.add([succeeded]);
    await waitFor(() => again.seen.length === 1);
    expect(again.gaps).toEqual([]);
  });

  it('misses nothing of a single run', async () => {
    const run = await requestRun(gateway, 'mail');
    const stream = await follow(`run=${run.runId}`);
    await run.add([completed('1')]);
    await waitFor(() => stream.seen.length === 2);
    await stream.drop();
    const url = await away(async () => {
      await run.add([completed('2'), completed('3')]);
      await gateway.bus.flush();
      await expire();
    });
    const resumed = await follow(`run=${run.runId}`, stream.lastEventId, url);
    await run.add([succeeded]);
    await waitFor(() => resumed.hasEnded);
    expect(resumed.gaps).toEqual([]);
    expect(resumed.seen.map(({ event }) => event.version)).toEqual([3, 4, 5]);
  });
});

describe('when all of JetStream is lost', () => {
  it('whoever comes back is told so, over a WebSocket too', async () => {
    const run = await requestRun(gateway, 'mail');
    const stream = await follow('workflow=mail');
    await run.add([completed('1')]);
    await waitFor(() => stream.seen.length === 1);
    await stream.drop();
    await gateway.bus.flush();
    await gateway.nats.stop();
    rmSync(gateway.nats.storageDirectory, { recursive: true, force: true });
    await gateway.nats.restart();
    await waitFor(() => gateway.bus.isConnected);
    await run.add([completed('2')]);
    await gateway.bus.flush();

    const after = stream.lastEventId!;
    const socket = await openEventSocket(`${gateway.url}/v1/events`, { headers });
    opened.push(socket);
    socket.say({ subscribe: { id: 'a', workflow: 'mail', after } });
    const { gap } = await socket.heard((said) => said.gap !== undefined);
    expect(gap).toEqual({ after });
    await waitFor(() => socket.events('a').length === 1);
    expect(socket.events('a')[0]?.version).toBe(3);
  });
});
