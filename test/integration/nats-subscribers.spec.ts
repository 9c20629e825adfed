import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { streams, subjects, type RunFeedEvent } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, requestRun, succeeded } from './event-runs.ts';

let gateway: TestGateway;
let subscriber: NatsConnection;
/** What the server has refused this connection, as it said it. */
const refused: string[] = [];

beforeAll(async () => {
  gateway = await openTestGateway();
  const { hostname, port, username, password } = new URL(gateway.nats.subscriberUrl);
  subscriber = await connect({
    servers: `${hostname}:${port}`,
    user: username,
    pass: password,
    inboxPrefix: '_INBOX_subscriber',
    maxReconnectAttempts: 0,
  });
  const watch = async (): Promise<void> => {
    for await (const status of subscriber.status()) if (status.type === 'error') refused.push(String(status.error));
  };
  void watch();
});
afterAll(async () => {
  await subscriber?.close();
  await gateway?.close();
});

/** Subscribes, and collects what comes; a refusal ends it. */
const listen = (subject: string): { seen: string[] } => {
  const seen: string[] = [];
  subscriber.subscribe(subject, { callback: (error, message) => void (error ?? seen.push(message.string())) });
  return { seen };
};

const refusalOf = (what: string): Promise<string> =>
  waitFor(() => refused.find((one) => one.includes(`"${what}"`)), { describe: `the refusal of ${what}` });

describe('a subscriber of NATS', () => {
  it('sees the events of runs as they happen', async () => {
    const all = listen(streams.runEvents.subjects[0]);
    const ends = listen(subjects.runEvents({ workflow: 'mail', event: 'RunSucceeded' }));
    await subscriber.flush();
    const run = await requestRun(gateway, 'mail');
    await run.add([completed('a'), succeeded]);
    await waitFor(() => all.seen.length === 2 && ends.seen.length === 1);
    const events = all.seen.map((text) => JSON.parse(text) as RunFeedEvent);
    expect(events.map(({ runId, version }) => [runId, version])).toEqual([
      [run.runId, 2],
      [run.runId, 3],
    ]);
  });

  it.each([
    ...[
      subjects.allChanges,
      subjects.allDispatches,
      'ns.dead.>',
      'ns.request.>',
      'ns.signal.>',
      'ns.outcome.>',
      'ns.>',
    ],
    ...['>', '_INBOX.>', '$JS.>', '$JS.API.>', '$SYS.>', 'ns.*.mail.*.RunSucceeded'],
  ])('may not listen to %s', async (subject) => {
    const { seen } = listen(subject);
    expect(await refusalOf(subject)).toMatch(/Permissions Violation for Subscription/i);
    const run = await requestRun(gateway, 'mail');
    await run.add([succeeded]);
    gateway.bus.send('ns.signal.workflows', { workflow: 'mail' });
    await gateway.bus.flush();
    await subscriber.flush();
    expect(seen).toEqual([]);
  });

  it.each(['ns.run.mail.x.RunSucceeded', 'ns.change.users.changed', 'ns.dispatch.run', 'ns.signal.timers', '_INBOX.x'])(
    'may not publish to %s',
    async (subject) => {
      subscriber.publish(subject, '{}');
      expect(await refusalOf(subject)).toMatch(/Permissions Violation for Publish/i);
    },
  );

  it('reads, changes and deletes no stream', async () => {
    const before = await gateway.bus.streamState(streams.runEvents);
    const manager = await jetstreamManager(subscriber, { checkAPI: false, timeout: 300 });
    const { name } = streams.runEvents;
    await expect(manager.streams.info(name)).rejects.toThrow();
    await expect(manager.streams.getMessage(name, { seq: 1 })).rejects.toThrow();
    await expect(manager.streams.purge(name)).rejects.toThrow();
    await expect(manager.consumers.add(name, { durable_name: 'mine' })).rejects.toThrow();
    await expect(manager.streams.delete(name)).rejects.toThrow();
    const after = await gateway.bus.streamState(streams.runEvents);
    expect(after?.createdAt).toEqual(before?.createdAt);
    expect(after?.lastSequence).toBe(before?.lastSequence);
    await refusalOf(`$JS.API.STREAM.DELETE.${name}`);
  });
});
