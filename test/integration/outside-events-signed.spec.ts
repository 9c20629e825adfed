import type { EventSourceBody } from '@nightshift/contracts';
import { isFinal } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
const secret = 'the-signing-secret-of-the-tests';
const standardSecret = `whsec_${randomBytes(24).toString('base64')}`;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await platform.client.secrets.put('signing', secret);
  await platform.client.secrets.put('standard', standardSecret);
  await platform.client.secrets.put('next', 'the-secret-that-follows');
}, 60_000);
afterAll(() => platform?.close());

type Headers = Record<string, string>;
const post = (source: string, body: string | Buffer, headers: Headers): Promise<Response> =>
  fetch(`${platform.url}/v1/event-sources/${source}/events`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
const hmac = (text: string | Buffer, key = secret, algorithm = 'sha256') => createHmac(algorithm, key).update(text);
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** A sender: how it signs a body, at a moment. */
interface Sender {
  source: EventSourceBody;
  body: object;
  sign: (body: string, atSeconds: number) => Headers;
  event: object;
  hasTimestamp: boolean;
}

const senders: Record<string, Sender> = {
  stripe: {
    source: { scheme: 'stripe', secret: 'signing' },
    body: { id: 'evt_1', type: 'invoice.paid', created: 1_700_000_000, data: { object: { id: 'in_1' } } },
    sign: (body, at) => ({
      'stripe-signature': `t=${at},v1=${'0'.repeat(64)},v1=${hmac(`${at}.${body}`).digest('hex')}`,
    }),
    event: { id: 'evt_1', type: 'invoice.paid', subject: 'in_1', time: '2023-11-14T22:13:20.000Z' },
    hasTimestamp: true,
  },
  github: {
    source: { scheme: 'github', secret: 'signing' },
    body: { action: 'opened', repository: { full_name: 'ada/engine' } },
    sign: (body) => ({
      'x-hub-signature-256': `sha256=${hmac(body).digest('hex')}`,
      'x-github-delivery': '72d3162e',
      'x-github-event': 'issues',
    }),
    event: { id: '72d3162e', type: 'issues.opened', subject: 'ada/engine' },
    hasTimestamp: false,
  },
  shopify: {
    source: { scheme: 'shopify', secret: 'signing' },
    body: { id: 820982911946154500 },
    sign: (body) => ({
      'x-shopify-hmac-sha256': hmac(body).digest('base64'),
      'x-shopify-webhook-id': 'b54557e4',
      'x-shopify-topic': 'orders/create',
    }),
    event: { id: 'b54557e4', type: 'orders/create' },
    hasTimestamp: false,
  },
  slack: {
    source: { scheme: 'slack', secret: 'signing' },
    body: { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention', channel: 'C1' } },
    sign: (body, at) => ({
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': `v0=${hmac(`v0:${at}:${body}`).digest('hex')}`,
    }),
    event: { id: 'Ev1', type: 'app_mention', subject: 'C1' },
    hasTimestamp: true,
  },
  standard: {
    source: { scheme: 'standard-webhooks', secret: 'standard' },
    body: { type: 'user.created', timestamp: '2026-11-01T10:00:00Z', data: { id: 'u1' } },
    sign: (body, at) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(at),
      'webhook-signature': new Webhook(standardSecret).sign('msg_1', new Date(at * 1000), body),
    }),
    event: { id: 'msg_1', type: 'user.created', subject: 'u1', time: '2026-11-01T10:00:00.000Z' },
    hasTimestamp: true,
  },
  own: {
    source: {
      scheme: 'hmac',
      secret: 'signing',
      header: 'X-Signature',
      algorithm: 'sha512',
      encoding: 'base64',
      prefix: 'v2=',
      timestampHeader: 'X-Time',
      signed: '{timestamp}|{body}|end',
      from: { id: 'X-Id', type: '/kind', subject: '/order/id' },
    },
    body: { kind: 'order.paid', order: { id: 17 } },
    sign: (body, at) => ({
      'x-time': String(at * 1000),
      'x-id': 'own-1',
      'x-signature': `v2=${hmac(`${at * 1000}|${body}|end`, secret, 'sha512').digest('base64')}`,
    }),
    event: { id: 'own-1', type: 'order.paid', subject: '17' },
    hasTimestamp: true,
  },
};

describe.each(Object.entries(senders))(
  'a sender that signs as %s',
  (name, { source, body, sign, event, hasTimestamp }) => {
    const text = JSON.stringify(body);

    beforeAll(async () => {
      await platform.client.eventSources.put(name, source);
      const { type } = event as { type: string };
      await platform.publish(`of-${name}`, {
        triggers: [{ event: type, source: name }],
        do: [{ nothing: { set: 1 } }],
        return: '=trigger.event',
      });
    });

    it('starts a workflow once, however often it sends the same', async () => {
      for (let repeat = 0; repeat < 5; repeat++) {
        const response = await post(name, text, sign(text, nowSeconds()));
        expect([response.status, await response.json()]).toMatchObject([202, { isNew: repeat === 0 }]);
      }
      const runs = await waitFor(async () => {
        const { items } = await platform.client.runs.search({ workflow: `of-${name}` });
        return items.length > 0 && items.every(({ status }) => isFinal(status)) ? items : undefined;
      });
      expect(runs).toMatchObject([{ result: { ...event, source: name, data: body } }]);
      const [row] = await platform.query<{ raw: Buffer }>(
        'SELECT raw FROM nightshift.outside_events WHERE source = $1',
        [name],
      );
      expect(row!.raw.toString()).toBe(text);
    });

    it('is refused with another body, another secret, or no signature', async () => {
      const signed = sign(text, nowSeconds());
      const refused = { code: 'signature.wrong', status: 401 };
      const changed = await post(name, `${text} `, signed);
      expect(await changed.json()).toMatchObject(refused);
      expect(changed.status).toBe(401);
      expect(await (await post(name, text, {})).json()).toMatchObject(refused);
      await platform.client.secrets.put('signing', 'another');
      await platform.client.secrets.put('standard', `whsec_${randomBytes(24).toString('base64')}`);
      try {
        expect(await (await post(name, text, sign(text, nowSeconds()))).json()).toMatchObject(refused);
      } finally {
        await platform.client.secrets.put('signing', secret);
        await platform.client.secrets.put('standard', standardSecret);
      }
    });

    it.runIf(hasTimestamp)('is refused when the signature is old, or from the future', async () => {
      for (const away of [-301, 301]) {
        const response = await post(name, text, sign(text, nowSeconds() + away));
        expect([response.status, await response.json()]).toMatchObject([401, { code: 'signature.expired' }]);
      }
      const forged = { ...sign(text, nowSeconds() - 301) };
      expect(await (await post(name, `${text} `, forged)).json()).toMatchObject({ code: 'signature.wrong' });
    });
  },
);

describe('a source of events', () => {
  const plain: EventSourceBody = { scheme: 'hmac', secret: 'signing', header: 'x-signature' };
  const signed = (body: string | Buffer, key?: string): Headers => ({ 'x-signature': hmac(body, key).digest('hex') });

  it('is kept, read, replaced and removed', async () => {
    const { eventSources } = platform.client;
    await eventSources.put('shop', { scheme: 'github', secret: 'signing' });
    expect(await eventSources.put('shop', plain)).toMatchObject({ name: 'shop', ...plain });
    expect(await eventSources.get('shop')).toMatchObject(plain);
    expect((await eventSources.list()).map(({ name }) => name)).toContain('shop');
    await eventSources.delete('shop');
    await expect(eventSources.get('shop')).rejects.toMatchObject({ code: 'event_source.not_found' });
    expect((await post('shop', '{}', signed('{}'))).status).toBe(404);
  });

  it.each([
    [{ scheme: 'stripe', secret: 'not-there' }, '/secret'],
    [{ scheme: 'stripe', secret: 'missing' }, '/secret'],
    [{ scheme: 'stripe', secret: 'signing', header: 'x' }, '/header'],
    [{ scheme: 'hmac', secret: 'signing' }, '/header'],
    [{ scheme: 'hmac', secret: 'signing', header: 'x', signed: '{timestamp}{body}' }, '/timestampHeader'],
    [{ scheme: 'carrier pigeon', secret: 'signing' }, '/scheme'],
  ])('is refused with its mistake: %j', async (body, pointer) => {
    await expect(platform.client.eventSources.put('wrong', body as EventSourceBody)).rejects.toMatchObject({
      code: 'request.invalid',
      problem: { errors: expect.arrayContaining([expect.objectContaining({ pointer })]) as unknown },
    });
  });

  it('may have two secrets while one replaces the other', async () => {
    await platform.client.eventSources.put('rotating', { ...plain, secret: ['signing', 'next'] });
    expect((await post('rotating', '{"a":1}', signed('{"a":1}'))).status).toBe(202);
    expect((await post('rotating', '{"a":2}', signed('{"a":2}', 'the-secret-that-follows'))).status).toBe(202);
    expect((await post('rotating', '{"a":3}', signed('{"a":3}', 'a third'))).status).toBe(401);
  });

  it('takes bytes as they are: forms, texts, and what is no UTF-8', async () => {
    await platform.client.eventSources.put('bytes', { ...plain, eventType: 'bytes.came' });
    const form = 'command=%2Fdeploy&text=now+%26+here';
    const formed = await post('bytes', form, { ...signed(form), 'content-type': 'application/x-www-form-urlencoded' });
    expect(formed.status).toBe(202);
    const [row] = await platform.query<object>(
      `SELECT type, data FROM nightshift.outside_events WHERE source = 'bytes'`,
    );
    expect(row).toEqual({ type: 'bytes.came', data: { command: '/deploy', text: 'now & here' } });
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x41]);
    expect((await post('bytes', bytes, { ...signed(bytes), 'content-type': 'application/octet-stream' })).status).toBe(
      202,
    );
    const json = await post('bytes', '{"a":', signed('{"a":'));
    expect(await json.json()).toMatchObject({ code: 'request.malformed' });
  });

  it('knows an event without an id by its body, and takes no idempotency key in place of a signature', async () => {
    await platform.client.eventSources.put('nameless', plain);
    const send = async (body: string, headers = signed(body)) => (await post('nameless', body, headers)).json();
    expect(await send('{"n":1}')).toMatchObject({ id: expect.stringMatching(/^sha256:/) as string, isNew: true });
    expect(await send('{"n":1}')).toMatchObject({ isNew: false });
    expect(await send('{"n":2}')).toMatchObject({ isNew: true });
    await send('{"n":3}', { ...signed('{"n":3}'), 'idempotency-key': 'k' });
    expect(await send('{"n":3}', { 'idempotency-key': 'k' })).toMatchObject({ code: 'signature.wrong' });
  });

  it('that is Slack answers the question whether somebody is there', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZb' });
    const response = await post('slack', body, senders['slack']!.sign(body, nowSeconds()));
    expect([response.status, await response.json()]).toEqual([200, { challenge: '3eZb' }]);
    expect((await post('slack', body, {})).status).toBe(401);
  });
});

describe('the secrets of sources', () => {
  it('are all that the gateway can read of the sealed ones', async () => {
    const [other] = await platform.query<{ sealed: string }>(
      `SELECT sealed FROM nightshift.event_source_secrets('stripe')`,
    );
    expect(other!.sealed).not.toContain(secret);
    await platform.query('SET ROLE nightshift_gateway; SELECT name FROM nightshift.secrets');
    await expect(platform.query('SET ROLE nightshift_gateway; SELECT sealed FROM nightshift.secrets')).rejects.toThrow(
      /permission denied/,
    );
    await expect(
      platform.query(`SET ROLE nightshift_trigger; SELECT * FROM nightshift.event_source_secrets('stripe')`),
    ).rejects.toThrow(/permission denied/);
  });
});
