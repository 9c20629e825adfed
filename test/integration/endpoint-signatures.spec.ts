import type { EventSourceBody } from '@nightshift/contracts';
import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
const secret = 'the-signing-secret-of-the-tests';
const standardSecret = `whsec_${randomBytes(24).toString('base64')}`;

interface Sender {
  source: EventSourceBody;
  body: string;
  type: string;
  sign(body: string, atSeconds: number): Record<string, string>;
  isDated: boolean;
}

const hmac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');

const senders: Record<string, Sender> = {
  stripe: {
    source: { scheme: 'stripe', secret: 'signing' },
    body: JSON.stringify({ id: 'evt_1', type: 'invoice.paid', data: { object: { id: 'in_1' } } }),
    type: 'application/json',
    sign: (body, at) => ({ 'stripe-signature': `t=${at},v1=${hmac(`${at}.${body}`)}` }),
    isDated: true,
  },
  github: {
    source: { scheme: 'github', secret: 'signing' },
    // As GitHub sends it to a webhook of the type form.
    body: `payload=${encodeURIComponent(JSON.stringify({ action: 'opened', number: 7 }))}`,
    type: 'application/x-www-form-urlencoded',
    sign: (body) => ({ 'x-hub-signature-256': `sha256=${hmac(body)}`, 'x-github-delivery': '72d3162e' }),
    isDated: false,
  },
  'standard-webhooks': {
    source: { scheme: 'standard-webhooks', secret: 'standard' },
    body: JSON.stringify({ type: 'user.created', data: { id: 'u1' } }),
    type: 'application/json',
    sign: (body, at) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(at),
      'webhook-signature': new Webhook(standardSecret).sign('msg_1', new Date(at * 1000), body),
    }),
    isDated: true,
  },
};

beforeAll(async () => {
  platform = await openTestPlatform();
  await platform.client.secrets.put('signing', secret);
  await platform.client.secrets.put('standard', standardSecret);
  for (const [name, { source }] of Object.entries(senders)) {
    await platform.client.eventSources.put(name, source);
    await platform.publish(`hook-of-${name}`, {
      do: [{ nothing: { set: null } }],
      return: { run: '=run.id', given: '=parameters' },
      expose: { signature: { source: name } },
    });
  }
}, 60_000);
afterAll(() => platform?.close());

const now = (): number => Math.floor(Date.now() / 1000);
const countRuns = async (workflow: string): Promise<number> =>
  (
    await platform.query<{ count: number }>('SELECT count(*)::int AS count FROM nightshift.runs WHERE workflow = $1', [
      workflow,
    ])
  )[0]!.count;

describe.each(Object.entries(senders))('%s', (name, { body, type, sign, isDated }) => {
  const workflow = `hook-of-${name}`;
  const send = (headers: Record<string, string>, sent = body): Promise<Response> =>
    fetch(`${platform.url}/wf/${workflow}`, {
      method: 'POST',
      body: sent,
      headers: { 'content-type': type, ...headers },
    });

  it('is refused with a wrong signature, or none, or an old one, and starts nothing', async () => {
    const codes = [];
    const attempts = [send({}), send(sign(`${body} `, now())), send(sign(body, now()), `${body} `)];
    if (isDated) attempts.push(send(sign(body, now() - 3600)));
    for (const answer of await Promise.all(attempts))
      codes.push([answer.status, ((await answer.json()) as { code: string }).code]);
    expect(codes).toEqual([
      ...Array.from({ length: 3 }, () => [401, 'signature.wrong']),
      ...(isDated ? [[401, 'signature.expired']] : []),
    ]);
    // No key stands for a signature.
    expect((await send({ authorization: `Bearer ${platform.adminKey}` })).status).toBe(401);
    expect(await countRuns(workflow)).toBe(0);
  });

  it('starts one run, although it is sent five times, at once and later, through several gateways', async () => {
    const other = await platform.openGateway();
    const through = (url: string, at: number): Promise<Response> =>
      fetch(`${url}/wf/${workflow}`, { method: 'POST', body, headers: { 'content-type': type, ...sign(body, at) } });
    const answers = await Promise.all(
      [platform.url, other, platform.url, other].map((url, index) => through(url, now() - index)),
    );
    answers.push(await through(other, now()));
    const told = await Promise.all(answers.map((answer) => answer.json() as Promise<{ run: string; given: object }>));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(told.map(({ run }) => run)).size).toBe(1);
    expect(await countRuns(workflow)).toBe(1);
    const text = type.includes('form') ? decodeURIComponent(body.slice('payload='.length)) : body;
    expect(told[0]!.given).toEqual(JSON.parse(text));
    const run = await platform.client.runs.get(told[0]!.run);
    expect(run.requestedBy).toEqual({ kind: 'key', name: `signature of ${name}` });
  });
});

it('what a workflow refuses starts nothing, and may be sent again when it would not', async () => {
  const { body, type, sign } = senders['stripe']!;
  const publish = (required: string) =>
    platform.publish('picky', {
      do: [{ nothing: { set: null } }],
      parameters: { type: 'object', properties: { [required]: {} }, required: [required] },
      expose: { signature: { source: 'stripe' } },
    });
  const send = (): Promise<Response> =>
    fetch(`${platform.url}/wf/picky`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...sign(body, now()) },
    });
  await publish('what-is-not-sent');
  expect((await send()).status).toBe(400);
  expect(await countRuns('picky')).toBe(0);
  await publish('data');
  expect((await send()).status).toBe(200);
  expect(await countRuns('picky')).toBe(1);
});
