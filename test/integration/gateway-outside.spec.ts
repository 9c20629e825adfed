import { subjects, type Dispatch } from '@nightshift/contracts';
import { makeSecretCipher, type Logger } from '@nightshift/runtime';
import { waitFor } from '@nightshift/testing';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

const SECRETS_KEY = randomBytes(32).toString('base64');

let gateway: TestGateway;
const dispatched: Dispatch[] = [];
const logged: string[] = [];

const log = (...entry: unknown[]): void => void logged.push(inspect(entry, { depth: 10 }));
const logger = { level: 'trace', fatal: log, error: log, warn: log, info: log, debug: log, trace: log };

beforeAll(async () => {
  gateway = await openTestGateway({
    logger: logger as unknown as Logger,
    settings: { NIGHTSHIFT_SECRETS_KEY: SECRETS_KEY },
  });
  await gateway.client.workflows.save('waiting', { workflow: 'waiting', do: [{ nothing: { set: 1 } }] });
  await gateway.client.workflows.publish('waiting');
  gateway.bus.subscribe(subjects.allDispatches, (body) => dispatched.push(body as Dispatch));
});
afterAll(() => gateway?.close());

/** A run in whose place an executor would have begun to wait for the event. */
const startWaiting = async (type: string, key: string): Promise<string> => {
  const { runId } = await gateway.client.runs.start('waiting');
  await gateway.ledger.runs.append({
    runId,
    expectedVersion: 1,
    events: [
      { type: 'RunStarted', data: {} },
      { type: 'WaitStarted', data: { step: 'paid', event: { type, key } } },
    ],
    at: new Date().toISOString(),
    rests: {},
    awaits: [{ step: 'paid', type, key }],
  });
  return runId;
};

describe('an outside event', () => {
  const event = { id: 'e1', source: '/shop', type: 'order.paid', subject: '17', data: { sum: 3 } };

  it('wakes the runs that wait for it, once, however often it is sent', async () => {
    const [first, second, other] = await Promise.all([
      startWaiting('order.paid', '17'),
      startWaiting('order.paid', '17'),
      startWaiting('order.paid', '18'),
    ]);
    expect(await gateway.client.sendEvent(event)).toEqual({ id: 'e1', isNew: true, woken: 2, matching: true });
    expect(await gateway.client.sendEvent(event)).toEqual({ id: 'e1', isNew: false, woken: 0, matching: true });
    for (const runId of [first, second]) {
      await waitFor(() => dispatched.some((dispatch) => dispatch.runId === runId && dispatch.version === 4));
      expect((await gateway.client.runs.events(runId)).slice(3)).toMatchObject([
        { type: 'EventReceived', data: { step: 'paid', event: { ...event, time: expect.any(String) as string } } },
      ]);
      expect(await gateway.client.runs.get(runId)).toMatchObject({ status: 'running' });
    }
    expect(await gateway.client.runs.get(other)).toMatchObject({ status: 'waiting' });
  });

  it('may come with others, each of which is answered', async () => {
    await startWaiting('order.sent', '20');
    const answers = await gateway.client.sendEvents([
      { ...event, id: 'e2', type: 'order.sent', subject: '20' },
      event,
      { ...event, id: 'e3', subject: undefined },
    ]);
    expect(answers).toEqual([
      { id: 'e2', isNew: true, woken: 1, matching: true },
      { id: 'e1', isNew: false, woken: 0, matching: true },
      { id: 'e3', isNew: true, woken: 0, matching: true },
    ]);
  });

  it('may have its attributes in headers', async () => {
    await startWaiting('order.paid', 'straße');
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'e4',
      'ce-source': '/shop',
      'ce-type': 'order.paid',
      'ce-subject': encodeURIComponent('straße'),
    };
    const response = await gateway.call('POST', '/v1/events', { sum: 5 }, headers);
    expect([response.status, await response.json()]).toEqual([
      202,
      { id: 'e4', isNew: true, woken: 1, matching: true },
    ]);
  });

  it('is refused with others if one of them is none', async () => {
    const runId = await startWaiting('order.lost', '30');
    await expect(
      gateway.client.sendEvents([
        { ...event, id: 'e5', type: 'order.lost', subject: '30' },
        { ...event, id: 'e6', time: 'noon' },
      ]),
    ).rejects.toMatchObject({ code: 'event.invalid', status: 400, problem: { errors: [{ pointer: '/1/time' }] } });
    expect(await gateway.client.runs.get(runId)).toMatchObject({ status: 'waiting' });
  });

  it('needs the key', async () => {
    const response = await fetch(`${gateway.url}/v1/events`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });
});

describe('a secret', () => {
  const value = 'sk-live-4242-do-not-tell';

  it('is kept sealed, named, replaced and forgotten', async () => {
    const { secrets } = gateway.client;
    await secrets.put('stripeKey', 'first value');
    await secrets.put('stripeKey', value);
    const [listed] = await secrets.list();
    expect(listed).toEqual({
      name: 'stripeKey',
      createdAt: expect.any(String) as string,
      updatedAt: expect.any(String) as string,
    });
    const sealed = (await gateway.ledger.secrets.sealed(['stripeKey'])).get('stripeKey')!;
    expect(sealed).not.toContain(value);
    expect(makeSecretCipher(SECRETS_KEY).open(sealed)).toBe(value);
    await secrets.delete('stripeKey');
    expect(await secrets.list()).toEqual([]);
    await expect(secrets.delete('stripeKey')).rejects.toMatchObject({ code: 'secret.not_found', status: 404 });
  });

  it('is in no answer and no log, whatever is wrong with the request', async () => {
    const attempts: [path: string, body: unknown][] = [
      ['/v1/secrets/stripeKey', { value }],
      ['/v1/secrets/stripeKey', `{"value": "${value}`],
      ['/v1/secrets/stripeKey', { value, more: value }],
      ['/v1/secrets/stripeKey', { value: [value] }],
      ['/v1/secrets/stripeKey', value],
      ['/v1/secrets/not-a-name', { value }],
      ['/v1/secrets/stripeKey', { value: value.repeat(10_000) }],
    ];
    const statuses: number[] = [];
    for (const [path, body] of attempts) {
      const response = await gateway.call('PUT', path, body);
      statuses.push(response.status);
      expect(await response.text()).not.toContain('sk-live');
      expect([...response.headers.values()].join()).not.toContain('sk-live');
    }
    expect(statuses).toEqual([204, 400, 400, 400, 400, 400, 400]);
    const list = await gateway.call('GET', '/v1/secrets');
    expect(await list.text()).not.toContain('sk-live');
    expect(logged.join('\n')).not.toContain('sk-live');
  });

  it('cannot be kept without a key to seal it with', async () => {
    const keyless = await openTestGateway();
    try {
      await expect(keyless.client.secrets.put('stripeKey', value)).rejects.toMatchObject({
        code: 'secret.unavailable',
        status: 500,
        problem: { detail: expect.stringContaining('NIGHTSHIFT_SECRETS_KEY') as string },
      });
    } finally {
      await keyless.close();
    }
  });
});

describe('the mailbox', () => {
  const keep = async (messageId: string, to: string): Promise<string> => {
    const { runId } = await gateway.client.runs.start('waiting');
    await gateway.ledger.mailbox.keep({
      messageId,
      runId,
      step: 'letter',
      at: new Date().toISOString(),
      message: { from: 'a@b.c', to: [to], cc: [], bcc: [], subject: messageId, headers: {}, attachments: [] },
    });
    return runId;
  };

  it('shows what was sent, by address and by run, and is cleared', async () => {
    const { mailbox } = gateway.client;
    await keep('<one@nightshift>', 'ada@example.com');
    const runId = await keep('<two@nightshift>', 'eve@example.com');
    await keep('<three@nightshift>', 'ada@example.com');

    const first = await mailbox.list({ limit: 2 });
    expect(first.items.map(({ messageId }) => messageId)).toEqual(['<three@nightshift>', '<two@nightshift>']);
    const second = await mailbox.list({ limit: 2, cursor: first.nextCursor! });
    expect(second).toMatchObject({ items: [{ messageId: '<one@nightshift>' }], nextCursor: null });
    expect((await mailbox.list({ to: 'Ada@example.com' })).items).toHaveLength(2);
    expect((await mailbox.list({ run: runId })).items).toMatchObject([{ messageId: '<two@nightshift>' }]);
    expect(await mailbox.get('<two@nightshift>')).toMatchObject({ runId, message: { to: ['eve@example.com'] } });

    await mailbox.clear();
    expect(await mailbox.list()).toEqual({ items: [], nextCursor: null });
    await expect(mailbox.get('<two@nightshift>')).rejects.toMatchObject({ code: 'email.not_found', status: 404 });
  });

  it('takes no query that it does not know', async () => {
    for (const query of ['cursor=x', 'run=x', 'limit=0', 'form=a@b.c']) {
      const response = await gateway.call('GET', `/v1/mailbox?${query}`);
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'request.invalid' }]);
    }
  });
});
