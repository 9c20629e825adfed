import type { EventLink, Problem } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import { completed, failed, requestRun, succeeded } from './event-runs.ts';
import { openEventSocket } from './event-socket.ts';
import { openEventStream, type EventStream } from './event-stream.ts';

let gateway: TestGateway;
const opened: { drop(): Promise<void> }[] = [];

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
  for (const one of opened.splice(0)) await one.drop();
});
afterAll(() => gateway?.close());

const follow = async (query: string, headers: Record<string, string> = {}): Promise<EventStream> => {
  const stream = await openEventStream(`${gateway.url}/v1/events?${query}`, {
    authorization: `Bearer ${ADMIN_KEY}`,
    ...headers,
  });
  opened.push(stream);
  return stream;
};

const followLink = async ({ url }: EventLink, headers: Record<string, string> = {}): Promise<EventStream> => {
  const stream = await openEventStream(url, headers);
  opened.push(stream);
  return stream;
};

const linkFor = async (body: object): Promise<EventLink> => {
  const answer = await gateway.call('POST', '/v1/events/links', body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as EventLink;
};

describe('a subscription', () => {
  it('fits what it says: several workflows and types, chains, an expression', async () => {
    const [cycle, other] = [newId(Date.now()), newId(Date.now())];
    const first = await requestRun(gateway, 'mail', { chainId: cycle });
    const second = await requestRun(gateway, 'post', { chainId: other });
    await gateway.ledger.runs.request({
      runId: cycle,
      at: new Date().toISOString(),
      requested: {
        workflow: 'mail',
        workflowVersion: 1,
        parameters: {},
        cause: { kind: 'api' },
        chainId: cycle,
        iteration: 1,
        depth: 0,
      },
    });
    const byChain = await follow(`chain=${cycle}`);
    const byTypes = await follow('workflow=mail,post&type=StepFailed&type=RunSucceeded');
    const filter = encodeURIComponent("event.workflow = 'post' and event.data.result.amount > 10");
    const byFilter = await follow(`filter=${filter}`);
    await first.add([completed('a', { amount: 20 }), failed('b')]);
    await second.add([completed('a', { amount: 5 }), completed('b', { amount: 11 }), completed('c', 'x'), succeeded]);
    await waitFor(() => byChain.seen.length === 2 && byTypes.seen.length === 2 && byFilter.seen.length === 1);
    expect(byChain.seen.every(({ event }) => event.runId === first.runId)).toBe(true);
    expect(byTypes.seen.map(({ event }) => event.type)).toEqual(['StepFailed', 'RunSucceeded']);
    expect(byFilter.seen.map(({ event }) => [event.runId, event.version])).toEqual([[second.runId, 3]]);
  });

  it.each([
    ['filter=event.type%20%3D', '/filter', /character/],
    ['filter=workflow', '/filter', /no `workflow` here/],
    ['filter=%24contains(event.type%2C%27a%27)', '/filter', /needs more/],
    ['type=RunFailed,RunSuceeded', '/type', /no run event RunSuceeded/],
    ['runs=1', '/runs', /./],
  ])('%s is refused with its place', async (query, pointer, detail) => {
    const answer = await gateway.call('GET', `/v1/events?${query}`);
    expect(answer.status).toBe(400);
    const { errors = [] } = (await answer.json()) as Problem;
    expect(errors).toMatchObject([{ pointer, detail: expect.stringMatching(detail) as string }]);
  });

  it('is refused for a chain that is not there', async () => {
    expect((await gateway.call('GET', `/v1/events?chain=${crypto.randomUUID()}`)).status).toBe(404);
  });
});

describe('a link', () => {
  it('lets anybody follow what it names, without payloads', async () => {
    const run = await requestRun(gateway, 'mail', { parameters: { secret: 'PAYLOAD' } });
    const link = await linkFor({ run: run.runId });
    const stream = await followLink(link);
    expect(stream.response.headers.get('access-control-allow-origin')).toBe('*');
    await run.add([completed('a', 'PAYLOAD'), failed('b'), succeeded]);
    await waitFor(() => stream.hasEnded);
    expect(stream.seen.map(({ event }) => [event.version, event.data, event.masked])).toEqual([
      [1, { iteration: 1 }, true],
      [2, { step: 'a', attempt: 1 }, true],
      [3, { step: 'b', attempt: 1 }, true],
      [4, undefined, true],
    ]);
    expect(JSON.stringify(stream.seen)).not.toContain('PAYLOAD');
    const again = await followLink(link, { 'last-event-id': stream.lastEventId! });
    expect(again.response.status).toBe(204);
  });

  it('can be followed by scripts of any page, with their place', async () => {
    const { url } = await linkFor({ workflow: 'mail' });
    const answer = await fetch(url, { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-headers')).toContain('last-event-id');
  });

  it('shows payloads if it was made so, and its filter looks at what it shows', async () => {
    const filter = "event.data.result = 'right'";
    const open = await followLink(await linkFor({ workflow: 'post', filter, payloads: true }));
    const blind = await followLink(await linkFor({ workflow: 'post', filter }));
    const all = await followLink(await linkFor({ workflow: 'post', type: 'StepCompleted' }));
    const run = await requestRun(gateway, 'post');
    await run.add([completed('a', 'wrong'), completed('b', 'right'), succeeded]);
    await waitFor(() => open.seen.length === 1 && all.seen.length === 2);
    expect(open.seen[0]?.event.data).toMatchObject({ step: 'b', result: 'right' });
    expect(blind.seen).toEqual([]);
  });

  it('opens a WebSocket, which follows nothing else', async () => {
    const { url } = await linkFor({ workflow: ['mail'], type: ['StepCompleted'] });
    const socket = await openEventSocket(url, { origin: 'https://elsewhere.example' });
    opened.push(socket);
    socket.say({ subscribe: { id: 'more', workflow: 'post' } });
    const { error } = await socket.heard(({ subscription }) => subscription === 'more');
    expect(error?.code).toBe('request.invalid');
    socket.say({ subscribe: { id: 'a' } });
    await socket.heard(({ subscription, position }) => subscription === 'a' && position !== undefined);
    const [mine, other] = [await requestRun(gateway, 'mail'), await requestRun(gateway, 'post')];
    await other.add([completed('a')]);
    await mine.add([completed('a', 'PAYLOAD'), succeeded]);
    await waitFor(() => socket.events('a').length === 1);
    expect(socket.events('a')[0]).toMatchObject({ runId: mine.runId, masked: true, data: { step: 'a', attempt: 1 } });
  });

  it('is refused when it was changed, made for something else, or names nothing', async () => {
    const { token } = await linkFor({ workflow: 'mail' });
    const run = await requestRun(gateway, 'mail');
    const progress = await gateway.call('POST', `/v1/progress/${run.runId}/links`, {});
    const other = ((await progress.json()) as EventLink).token;
    const changed = (token.startsWith('A') ? 'B' : 'A') + token.slice(1);
    for (const wrong of [changed, token.slice(0, -2), other, 'x'])
      expect((await fetch(`${gateway.url}/v1/public/events/${wrong}`)).status, wrong).toBe(404);
    for (const body of [
      {},
      { type: ['RunFailed'] },
      { workflow: 'mail', expiresIn: { days: 91 } },
      { worfklow: 'mail' },
    ])
      expect((await gateway.call('POST', '/v1/events/links', body)).status, JSON.stringify(body)).toBe(400);
    expect((await gateway.call('POST', '/v1/events/links', { workflow: 'nobody' })).status).toBe(404);
  });
});
