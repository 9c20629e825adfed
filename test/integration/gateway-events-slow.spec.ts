import { connect, type Socket } from 'node:net';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, requestRun } from './event-runs.ts';
import { openEventSocket } from './event-socket.ts';
import { openEventStream } from './event-stream.ts';

/** Less than the readers of the test may have in memory one by one. */
const BACKLOG_MAX_BYTES = 2 * 1024 * 1024;
const STALLED = 8;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway({ settings: { NIGHTSHIFT_EVENT_BACKLOG_MAX_BYTES: String(BACKLOG_MAX_BYTES) } });
  await gateway.client.workflows.save('busy', { workflow: 'busy', do: [{ a: { set: 1 } }] });
  await gateway.client.workflows.publish('busy');
});
afterAll(() => gateway?.close());

const metric = async (name: string): Promise<number> => {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^nightshift_gateway_${name}\\S* (\\d+)`, 'm').exec(metrics)?.[1]);
};

/** Asks for everything, and never reads an answer. */
const stall = (): Socket => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.pause();
  socket.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`);
  return socket;
};

/** The same, over a WebSocket. */
const stallSocket = (): Socket => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  const subscribe = Buffer.from(JSON.stringify({ subscribe: { id: 'a' } }));
  // A text frame as clients send it; its mask is nought.
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 | subscribe.length, 0, 0, 0, 0]), subscribe]);
  socket.write(
    `GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  socket.once('data', () => {
    socket.pause();
    socket.write(frame);
  });
  return socket;
};

describe('many readers that do not read', () => {
  it('are cut off before they hold more than they may together, and cost the others nothing', async () => {
    const stalled = [...Array.from({ length: STALLED }, stall), ...Array.from({ length: STALLED }, stallSocket)];
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const stream = await openEventStream(`${gateway.url}/v1/events?workflow=busy`, headers);
    const socket = await openEventSocket(`${gateway.url}/v1/events`, { headers });
    socket.say({ subscribe: { id: 'a', workflow: 'busy' } });
    await waitFor(async () => (await metric('event_streams')) === STALLED + 1);
    await waitFor(async () => (await metric('event_sockets')) === STALLED + 1);
    await socket.heard(({ position }) => position !== undefined);

    const run = await requestRun(gateway, 'busy');
    const large = completed('s', 'x'.repeat(60_000));
    let added = 0;
    let most = 0;
    while ((await metric('event_streams')) + (await metric('event_sockets')) > 2 && added < 2_000) {
      await run.add([large]);
      added++;
      most = Math.max(most, await metric('event_backlog_bytes'));
    }
    expect(added).toBeLessThan(2_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(BACKLOG_MAX_BYTES);
    await waitFor(() => stream.seen.length === added && socket.events('a').length === added);
    expect(stream.seen.map(({ event }) => event.version)).toEqual(
      Array.from({ length: added }, (_, index) => index + 2),
    );
    expect(socket.closedWith).toBeUndefined();
    await waitFor(async () => (await metric('event_backlog_bytes')) === 0);
    for (const one of stalled) one.destroy();
    await stream.drop();
    await socket.drop();
  }, 60_000);
});
