import { request } from 'node:http';
import { waitFor } from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, failed, requestRun, succeeded } from './event-runs.ts';
import { openEventSocket, type EventSocket } from './event-socket.ts';

let gateway: TestGateway;
const opened: EventSocket[] = [];

beforeAll(async () => {
  gateway = await openTestGateway({
    settings: { NIGHTSHIFT_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') },
  });
  for (const name of ['mail', 'post']) {
    await gateway.client.workflows.save(name, { workflow: name, do: [{ a: { set: 1 } }] });
    await gateway.client.workflows.publish(name);
  }
});
afterEach(async () => {
  for (const socket of opened.splice(0)) if (socket.closedWith === undefined) await socket.drop();
});
afterAll(() => gateway?.close());

const withKey = { headers: { authorization: `Bearer ${ADMIN_KEY}` } };

const open = async (
  path = '/v1/events',
  options: Parameters<typeof openEventSocket>[1] = withKey,
  url = gateway.url,
) => {
  const socket = await openEventSocket(url + path, options);
  opened.push(socket);
  return socket;
};

const subscribed = async (socket: EventSocket, subscribe: { id: string } & Record<string, unknown>): Promise<void> => {
  socket.say({ subscribe });
  await socket.heard(({ subscription, position }) => subscription === subscribe.id && position !== undefined);
};

describe('a WebSocket', () => {
  it('carries many subscriptions, each with its own filter', async () => {
    const socket = await open();
    const run = await requestRun(gateway, 'mail');
    await subscribed(socket, { id: 'one', run: run.runId });
    await subscribed(socket, { id: 'both', workflow: ['mail', 'post'], type: ['StepFailed', 'RunSucceeded'] });
    await subscribed(socket, { id: 'chain', chain: run.runId, filter: "event.data.step = 'b'" });
    await run.add([completed('a'), completed('b'), failed('c'), succeeded]);
    await socket.heard(({ subscription, ended }) => subscription === 'one' && ended === true);
    await waitFor(() => socket.events('both').length === 2);
    expect(socket.events('one').map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(socket.events('both').map(({ type }) => type)).toEqual(['StepFailed', 'RunSucceeded']);
    expect(socket.events('chain').map(({ version }) => version)).toEqual([3]);
  });

  it('ends a subscription that is not wanted any more, and no other', async () => {
    const socket = await open();
    await subscribed(socket, { id: 'a', workflow: 'mail' });
    await subscribed(socket, { id: 'b', workflow: 'mail' });
    socket.say({ unsubscribe: 'a' });
    await socket.heard(({ subscription, unsubscribed }) => subscription === 'a' && unsubscribed === true);
    const run = await requestRun(gateway, 'mail');
    await run.add([completed('x')]);
    await waitFor(() => socket.events('b').length === 1);
    expect(socket.events('a')).toEqual([]);
    await subscribed(socket, { id: 'a', run: run.runId });
  });

  it('tells what is wrong with a subscription, and lives on', async () => {
    const socket = await open();
    const codeOf = async (subscribe: { id: string } & Record<string, unknown>) => {
      socket.say({ subscribe });
      const { error } = await socket.heard(({ subscription, error: told }) => subscription === subscribe.id && !!told);
      return [error?.code, error?.errors?.[0]?.pointer];
    };
    expect(await codeOf({ id: 'a', run: crypto.randomUUID() })).toEqual(['run.not_found', undefined]);
    expect(await codeOf({ id: 'b', filter: 'event.tpye = 1' })).toEqual(['request.invalid', '/filter']);
    expect(await codeOf({ id: 'c', type: 'RunFailde' })).toEqual(['request.invalid', '/type']);
    expect(await codeOf({ id: 'd', chain: crypto.randomUUID() })).toEqual(['run.not_found', undefined]);
    socket.say('{"subscribe":');
    await socket.heard(({ error }) => error?.code === 'request.malformed');
    socket.say({ subscribe: { id: 'e' }, unsubscribe: 'e' });
    await socket.heard(({ error, subscription }) => error?.code === 'request.invalid' && subscription === undefined);
    expect(socket.closedWith).toBeUndefined();
  });

  it('has a bounded number of subscriptions', async () => {
    const socket = await open();
    for (let count = 0; count < 101; count++) socket.say({ subscribe: { id: `s${count}`, workflow: 'post' } });
    const { subscription } = await socket.heard(({ error }) => error?.code === 'events.too_many');
    expect(subscription).toBe('s100');
  });

  it('goes on where another one broke, at another gateway', async () => {
    const first = await open();
    await subscribed(first, { id: 'a', workflow: 'post' });
    const run = await requestRun(gateway, 'post');
    await run.add([completed('1'), completed('2')]);
    await waitFor(() => first.events('a').length === 2);
    const after = first.position('a');
    await first.drop();
    await run.add([completed('3')]);
    const other = await gateway.openAnother();
    const second = await open('/v1/events', withKey, other.url);
    await subscribed(second, { id: 'a', workflow: 'post', after });
    await run.add([completed('4')]);
    await waitFor(() => second.events('a').length === 2);
    expect([...first.events('a'), ...second.events('a')].map(({ version }) => version)).toEqual([2, 3, 4, 5]);
  });
});

describe('who may open one', () => {
  it('says so with a header, or with the first message', async () => {
    const socket = await open('/v1/events', {});
    socket.say({ authorize: ADMIN_KEY });
    await socket.heard(({ authorized }) => authorized === true);
    await subscribed(socket, { id: 'a', workflow: 'mail' });
  });

  it.each([
    ['another key', { authorize: 'not-the-key-of-anybody-here' }, 'auth.wrong_key'],
    ['no key', { subscribe: { id: 'a' } }, 'auth.missing_key'],
  ])('is let go with %s', async (_what, message, code) => {
    const socket = await open('/v1/events', {});
    socket.say(message);
    await socket.heard(({ error }) => error?.code === code);
    await waitFor(() => socket.closedWith === 1008);
  });

  it('is refused before it opens with a wrong header', async () => {
    const wrong = { headers: { authorization: 'Bearer not-the-key-of-anybody-here' } };
    await expect(open('/v1/events', wrong)).rejects.toThrow('401');
    await expect(open('/v1/public/events/token', {})).rejects.toThrow('404');
  });

  it('is kept out from pages of other origins, unless they are let in', async () => {
    await expect(open('/v1/events', { ...withKey, origin: 'https://elsewhere.example' })).rejects.toThrow('403');
    await open('/v1/events', { ...withKey, origin: gateway.url });
  });
});

describe('another upgrade', () => {
  it('is ignored, and the request answered', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(
        `${gateway.url}/v1/workflows`,
        { headers: { ...withKey.headers, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      asked.on('error', reject).end();
    });
    expect(status).toBe(200);
  });
});
