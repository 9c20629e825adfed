import { runEndTypes, type WebhookBody, type WebhookDelivery, type WebhookEvent } from '@nightshift/contracts';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTurn, json, makeGate, startHttpStub, type HttpStub, type StubCall } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let platform: TestPlatform;

beforeAll(async () => {
  stub = await startHttpStub();
  platform = await openTestPlatform({
    hasTrigger: true,
    // Given up after less than two seconds.
    executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host, NIGHTSHIFT_WEBHOOKS_RETRY_HOURS: 0.0005 } },
  });
  await platform.publish('greets', { do: [{ hello: { set: 'hello' } }], return: '=hello' });
  await platform.publish('greets-twice', { do: [{ hello: { set: 'hello, hello' } }], return: '=hello' });
  // A webhook may be told of the second before it was made: these run for one alone.
  for (const name of ['unsteady', 'dead', 'gone', 'ordered'])
    await platform.publish(`for-${name}`, { do: [{ hello: { set: 'hello' } }] });
  await platform.publish('fails', { do: [{ no: { raise: { type: 'no.way', title: 'No way' } } }] });
}, 60_000);
afterAll(async () => {
  await platform?.close();
  stub?.close();
});

const put = (name: string, body: Partial<WebhookBody> = {}) =>
  platform.client.webhooks.put(name, { url: `${stub.url}/${name}`, ...body });
const calls = (name: string, count: number): Promise<StubCall[]> =>
  waitFor(() => (stub.calls(`/${name}`).length >= count ? stub.calls(`/${name}`) : undefined), {
    timeoutMs: 15_000,
    describe: `${count} calls of ${name}`,
  });
const eventOf = ({ body }: StubCall): WebhookEvent => JSON.parse(body) as WebhookEvent;
const verify = (secret: string, { body, headers }: StubCall): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
const deliveries = async (name: string): Promise<WebhookDelivery[]> =>
  (await platform.client.webhooks.deliveries(name)).items;
const delivered = (name: string, status: WebhookDelivery['status'], count = 1): Promise<WebhookDelivery[]> =>
  waitFor(
    async () => {
      const all = (await deliveries(name)).filter((delivery) => delivery.status === status);
      return all.length >= count ? all : undefined;
    },
    { timeoutMs: 15_000, describe: `${count} deliveries of ${name} to be ${status}` },
  );

describe('what a receiver gets', () => {
  it('is signed with the secret that was shown once, thin, and known by the id of its delivery', async () => {
    stub.on('/thin', json({}));
    const { signingSecret, ...view } = await put('thin');
    expect(view).toMatchObject({ name: 'thin', events: runEndTypes, secret: null, paused: false, pending: 0, dead: 0 });
    expect(await put('thin')).not.toHaveProperty('signingSecret');

    const { id: runId } = await platform.run('greets');
    const [call] = await calls('thin', 1);
    expect(verify(signingSecret!, call!)).toEqual(eventOf(call!));
    expect(() => verify(`whsec_${randomBytes(32).toString('base64')}`, call!)).toThrow();
    const [delivery] = await delivered('thin', 'delivered');
    expect(call!.headers).toMatchObject({
      'webhook-id': delivery!.id,
      'content-type': 'application/cloudevents+json',
    });
    expect(eventOf(call!)).toEqual({
      specversion: '1.0',
      id: delivery!.id,
      source: '/workflows/greets',
      type: 'nightshift.run.RunSucceeded',
      subject: runId,
      time: delivery!.at,
      datacontenttype: 'application/json',
      data: {
        ...{ runId, version: delivery!.version, type: 'RunSucceeded', at: delivery!.at },
        ...{ workflow: 'greets', chainId: runId },
      },
    });
    expect(delivery).toMatchObject({
      runId,
      attempts: 1,
      nextAttemptAt: null,
      latest: [{ statusCode: 200, error: null }],
    });
  });

  it('is as the guide shows it', async () => {
    const guide = readFileSync(join(workspaceRoot, 'docs/guides/webhooks.md'), 'utf8');
    const shown = (what: string): object =>
      JSON.parse(new RegExp(`<!-- ${what} -->\\n\\n\`\`\`json\\n(.*?)\`\`\``, 's').exec(guide)![1]!) as object;
    const body = shown('webhook') as WebhookBody;
    expect(await put('of-the-guide', { ...body, paused: true })).toMatchObject(body);
    const [call] = await calls('thin', 1);
    const keysOf = (value: object): string[] => Object.keys(value).sort();
    const example = shown('what arrives') as WebhookEvent;
    expect(keysOf(eventOf(call!))).toEqual(keysOf(example));
    expect(keysOf(eventOf(call!).data)).toEqual(keysOf(example.data));
  });

  it('holds what the event holds, where the webhook has payloads', async () => {
    stub.on('/payloads', json({}));
    await put('payloads', { payloads: true });
    await platform.run('greets');
    const [call] = await calls('payloads', 1);
    expect(eventOf(call!).data).toMatchObject({ data: { result: 'hello' } });
  });

  it('is of the types, the workflows and the filter that were asked for', async () => {
    for (const name of ['failures', 'twice', 'filtered']) stub.on(`/${name}`, json({}));
    await put('failures', { events: ['RunFailed'] });
    await put('twice', { workflow: ['greets-t*', 'nothing'] });
    await put('filtered', { filter: '=event.data.problem.title = "No way"' });
    const runs = [await platform.run('greets'), await platform.run('greets-twice'), await platform.run('fails')];
    const [greets, twice, fails] = runs.map(({ id }) => id);
    await calls('thin', 4);
    const told = async (name: string): Promise<string[]> => (await calls(name, 1)).map((call) => eventOf(call).subject);
    expect(await told('failures')).toEqual([fails]);
    expect(await told('twice')).toEqual([twice]);
    expect(await told('filtered')).toEqual([fails]);
    expect(greets).toBeDefined();
  });

  it('carries two signatures while one secret replaces another, and headers that hold a secret', async () => {
    stub.on('/rotating', json({}));
    const old = `whsec_${randomBytes(24).toString('base64')}`;
    const next = `whsec_${randomBytes(24).toString('base64')}`;
    await platform.client.secrets.put('oldSigning', old);
    await platform.client.secrets.put('nextSigning', next);
    await platform.client.secrets.put('bearer', 'Bearer of-the-receiver');
    await put('rotating', {
      secret: ['nextSigning', 'oldSigning'],
      headers: { authorization: { secret: 'bearer' }, 'x-own': 'yes' },
    });
    await platform.run('greets');
    const [call] = await calls('rotating', 1);
    for (const secret of [old, next]) expect(verify(secret, call!)).toEqual(eventOf(call!));
    expect(call!.headers).toMatchObject({ authorization: 'Bearer of-the-receiver', 'x-own': 'yes' });
    expect(JSON.stringify(await platform.client.webhooks.get('rotating'))).not.toContain('of-the-receiver');

    const first = (await put('made')).signingSecret!;
    const { signingSecret: second } = await platform.client.webhooks.rotateSecret('made');
    stub.on('/made', json({}));
    await platform.run('greets');
    const [made] = await calls('made', 1);
    for (const secret of [first, second!]) expect(verify(secret, made!)).toEqual(eventOf(made!));
  });
});

describe('a receiver that does not take it', () => {
  it('gets it again under the same id, and counts as failing until then', async () => {
    const gate = makeGate(json({}));
    stub.on('/unsteady', inTurn(json({ why: 'not now' }, 503), gate.answer));
    await put('unsteady', { workflow: 'for-unsteady' });
    await platform.run('for-unsteady');
    await waitFor(() => gate.waiting() > 0, { timeoutMs: 10_000, describe: 'the second attempt' });
    expect(await platform.client.webhooks.get('unsteady')).toMatchObject({
      failingSince: expect.any(String) as string,
      lastError: expect.stringContaining('answered 503: {"why":"not now"}') as string,
      pending: 1,
    });
    gate.open();
    const [delivery] = await delivered('unsteady', 'delivered');
    expect(delivery!.latest.map(({ statusCode }) => statusCode)).toEqual([503, 200]);
    expect(new Set(stub.calls('/unsteady').map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([delivery!.id]),
    );
    await waitFor(async () => (await platform.client.webhooks.get('unsteady')).failingSince === null, {
      describe: 'health',
    });
  });

  it('is given up after its time, and can be sent what it missed, alone or all of it', async () => {
    stub.on('/dead', json({}, 500));
    const from = new Date(Date.now() - 1_000).toISOString();
    await put('dead', { workflow: 'for-dead' });
    await platform.run('for-dead');
    await platform.run('for-dead');
    const dead = await delivered('dead', 'dead', 2);
    expect(dead[0]!.attempts).toBeGreaterThan(1);
    expect(await platform.client.webhooks.get('dead')).toMatchObject({ dead: 2, pending: 0 });
    stub.on('/dead', json({}));
    expect(await platform.client.webhooks.redeliver('dead', dead[0]!.id)).toEqual({ redelivered: 1 });
    await delivered('dead', 'delivered', 1);
    expect(await platform.client.webhooks.redeliverMany('dead', { from })).toEqual({ redelivered: 1 });
    const all = await delivered('dead', 'delivered', 2);
    expect(all.map(({ id }) => id).sort()).toEqual(dead.map(({ id }) => id).sort());
    expect(await platform.client.webhooks.redeliverMany('dead', { from, status: 'delivered' })).toEqual({
      redelivered: 2,
    });
  });

  it('that is gone is paused, which says so, and what comes meanwhile is kept for when it is resumed', async () => {
    stub.on('/gone', json({}, 410));
    await put('gone', { workflow: 'for-gone' });
    await platform.run('for-gone');
    const paused = await waitFor(
      async () => {
        const view = await platform.client.webhooks.get('gone');
        return view.paused ? view : undefined;
      },
      { describe: 'the webhook to be paused' },
    );
    expect(paused).toMatchObject({ pauseReason: 'gone', lastError: expect.stringContaining('410') as string });
    await platform.run('for-gone');
    await delivered('gone', 'pending', 2);
    stub.on('/gone', json({}));
    expect(await platform.client.webhooks.resume('gone')).toMatchObject({ paused: false, pauseReason: null });
    await delivered('gone', 'delivered', 2);
  });

  it('holds up nobody else', async () => {
    const gate = makeGate(json({}));
    stub.on('/hangs', gate.answer);
    stub.on('/quick', json({}));
    await put('hangs');
    await put('quick');
    for (let run = 0; run < 20; run++) await platform.start('greets');
    await delivered('quick', 'delivered', 20);
    await waitFor(() => gate.waiting() >= 16, { describe: 'as many as may be under way' });
    // So many at a time, and no more.
    expect(gate.waiting()).toBe(16);
    stub.on('/hangs', json({}));
    gate.open();
    await delivered('hangs', 'delivered', 20);
  });

  it('gets no later event of a run before an earlier one has arrived', async () => {
    const gate = makeGate(json({}));
    stub.on('/ordered', gate.answer);
    await put('ordered', { workflow: 'for-ordered', events: ['RunStarted', 'RunSucceeded'] });
    const { id } = await platform.run('for-ordered');
    await delivered('ordered', 'pending', 2);
    await waitFor(() => gate.waiting() === 1, { describe: 'the first event' });
    expect(stub.calls('/ordered').map((call) => eventOf(call).type)).toEqual(['nightshift.run.RunStarted']);
    stub.on('/ordered', json({}));
    gate.open();
    await delivered('ordered', 'delivered', 2);
    expect(stub.calls('/ordered').map((call) => [eventOf(call).subject, eventOf(call).type])).toEqual([
      [id, 'nightshift.run.RunStarted'],
      [id, 'nightshift.run.RunSucceeded'],
    ]);
  });
});

describe('a ping', () => {
  it('says what came back', async () => {
    stub.on('/pinged', json({ got: 'it' }));
    const { signingSecret } = await put('pinged', { paused: true });
    const ping = await platform.client.webhooks.test('pinged');
    expect(ping).toMatchObject({ delivered: true, statusCode: 200, answer: '{"got":"it"}', error: null });
    const [call] = stub.calls('/pinged');
    expect(verify(signingSecret!, call!)).toMatchObject({ id: ping.id, type: 'nightshift.webhook.ping' });
  });

  it('goes to no address inside that is not allowed, and follows no redirect', async () => {
    await put('inside', { url: 'http://127.0.0.1:18999/inside' });
    expect(await platform.client.webhooks.test('inside')).toMatchObject({
      delivered: false,
      error: expect.stringContaining('not a public address') as string,
    });
    stub.on('/moved', json({}, 302, { location: `${stub.url}/elsewhere` }));
    await put('moved');
    expect(await platform.client.webhooks.test('moved')).toMatchObject({ delivered: false, statusCode: 302 });
    expect(stub.calls('/elsewhere')).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    ['/url', { url: 'ftp://example.com' }],
    ['/url', { url: 'https://name:password@example.com' }],
    ['/filter', { filter: 'event.(' }],
    ['/secret', { secret: 'nobodysSecret' }],
    ['/headers/Webhook-Id', { headers: { 'Webhook-Id': 'mine' } }],
    ['/events/0', { events: ['RunExploded' as never] }],
  ])('names %s', async (pointer, body) => {
    await expect(put('refused', body)).rejects.toMatchObject({
      problem: { code: 'request.invalid', errors: [{ pointer }] },
    });
  });

  it('is a webhook that is not there, also after it was deleted', async () => {
    await put('short-lived');
    await platform.client.webhooks.delete('short-lived');
    await expect(platform.client.webhooks.get('short-lived')).rejects.toMatchObject({ code: 'webhook.not_found' });
    await expect(platform.client.webhooks.test('short-lived')).rejects.toMatchObject({ code: 'webhook.not_found' });
    await expect(platform.client.webhooks.redeliver('thin', 'no-id')).rejects.toMatchObject({
      code: 'webhook.delivery_not_found',
    });
  });
});
