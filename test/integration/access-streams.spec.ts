import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, requestRun } from './event-runs.ts';
import { openEventSocket } from './event-socket.ts';
import { openEventStream } from './event-stream.ts';

let gateway: TestGateway;
let other: { url: string };
let made = 0;

beforeAll(async () => {
  gateway = await openTestGateway({ pace: { eventBeatMs: 300 } });
  other = await gateway.openAnother();
  await gateway.client.workflows.save('mail', { workflow: 'mail', do: [{ a: { set: 1 } }] });
  await gateway.client.workflows.publish('mail');
});
afterAll(() => gateway?.close());

/** A stream and a socket, at two gateways, of one key. */
const followed = async () => {
  const { id, key } = await gateway.client.keys.create({ name: `follower ${++made}`, role: 'viewer' });
  const headers = { authorization: `Bearer ${key}` };
  const stream = await openEventStream(`${other.url}/v1/events?workflow=mail`, headers);
  const socket = await openEventSocket(`${gateway.url}/v1/events`, { headers });
  socket.say({ subscribe: { id: 'mail', workflow: 'mail' } });
  await socket.heard(({ position }) => position !== undefined);
  return { id, stream, socket };
};

const hasSeen = ({ stream, socket }: Awaited<ReturnType<typeof followed>>, runId: string): boolean =>
  stream.seen.some(({ event }) => event.runId === runId) &&
  socket.events('mail').some((event) => event.runId === runId);

it('a key that is revoked ends the streams and sockets that it opened, at every gateway, and no others', async () => {
  const revoked = await followed();
  const kept = await followed();
  const before = await requestRun(gateway, 'mail');
  await before.add([completed('a')]);
  for (const one of [revoked, kept]) await waitFor(() => hasSeen(one, before.runId));

  await gateway.client.keys.revoke(revoked.id);
  await waitFor(() => revoked.stream.hasEnded, { describe: 'the end of the stream' });
  await waitFor(() => revoked.socket.closedWith !== undefined, { describe: 'the end of the socket' });
  expect(revoked.socket.said.at(-1)?.error).toMatchObject({ code: 'auth.wrong_key' });

  const after = await requestRun(gateway, 'mail');
  await after.add([completed('a')]);
  await waitFor(() => hasSeen(kept, after.runId));
  expect([...revoked.stream.seen.map(({ event }) => event), ...revoked.socket.events('mail')]).not.toContainEqual(
    expect.objectContaining({ runId: after.runId }),
  );
  await Promise.all([kept.stream.drop(), kept.socket.drop()]);
});

it('a key that may no longer read ends them as well', async () => {
  const { id, stream, socket } = await followed();
  await gateway.client.keys.change(id, { role: null, starts: ['mail'] });
  await waitFor(() => stream.hasEnded && socket.closedWith !== undefined, { describe: 'the end of both' });
});
