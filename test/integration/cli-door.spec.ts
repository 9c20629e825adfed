import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntryView, KeyView, NewKey, Page, WebhookDelivery } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startHttpStub, type HttpStub } from './http-stub.ts';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

vi.setConfig({ testTimeout: 60_000 });

let platform: TestPlatform;
let receiver: HttpStub;
let cli: CommandLine;

beforeAll(async () => {
  receiver = await startHttpStub();
  platform = await openTestPlatform({
    hasTrigger: true,
    executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: receiver.host } },
  });
  cli = openCommandLine(platform);
  await platform.publish('greet', {
    parameters: {
      type: 'object',
      properties: { name: { type: 'string' }, times: { type: 'integer', default: 1 } },
      required: ['name'],
      additionalProperties: false,
    },
    returns: { type: 'object', properties: { greeting: { type: 'string' } }, required: ['greeting'] },
    do: [{ greeting: { set: '="Hello, " & parameters.name' } }],
    return: { greeting: '=greeting' },
  });
  await platform.publish('show-order', {
    parameters: { type: 'object', properties: { id: { type: 'integer' }, tags: { type: 'array' } }, required: ['id'] },
    expose: { methods: ['GET', 'POST'], path: '/orders/{id}' },
    do: [{ noted: { log: '="Order " & parameters.id' } }],
    return: { id: '=parameters.id', tags: '=parameters.tags' },
  });
});
afterAll(async () => {
  cli?.close();
  receiver?.close();
  await platform?.close();
});

const as = (key: string, ...args: string[]) => cli.runWith({ env: { NIGHTSHIFT_KEY: key } }, ...args);

describe('nightshift keys', () => {
  it('makes a key, says it on the standard output alone, and it may do what was said', async () => {
    const made = await cli.run('keys', 'create', 'form', '--starts', 'greet', '--starts', 'send-*', '--rate', '600/1m');
    expect(made.code, made.error).toBe(0);
    expect(made.out).toMatch(/^ns_\S+\n$/);
    expect(made.error).toMatch(/^Key form \(\S+\) is made\. This is shown once/);
    const key = made.out.trim();
    expect(made.error).not.toContain(key);
    expect(await as(key, 'run', 'greet', '-p', 'name=Ada')).toMatchObject({ code: 0 });
    expect(await as(key, 'runs')).toMatchObject({
      code: 2,
      error: expect.stringContaining('auth.forbidden') as string,
    });
    const [view] = await cli.json<KeyView[]>('keys');
    expect(view).toMatchObject({
      ...{ name: 'form', role: null, starts: ['greet', 'send-*'], seesPayloads: true },
      rateLimit: { requests: 600, perSeconds: 60 },
    });
    const list = await cli.run('keys', 'list');
    expect(list.out).toMatch(/form +ns_\S+ +- +greet, send-\* +yes +600\/60s/);
    expect(list.out).not.toContain(key);
  });

  it('says nothing but the key with --quiet, and takes all that a key can have', async () => {
    const options = ['--role', 'viewer', '--no-payloads', '--expires-in', '90d', '--quiet'];
    const { out, error } = await cli.run('keys', 'create', 'watcher', ...options);
    expect([out, error]).toEqual([expect.stringMatching(/^ns_\S+\n$/), '']);
    const watcher = (await cli.json<KeyView[]>('keys')).find(({ name }) => name === 'watcher')!;
    expect(watcher).toMatchObject({ role: 'viewer', seesPayloads: false });
    const goodForMs = Date.parse(watcher.expiresAt!) - Date.parse(watcher.createdAt);
    expect(Math.round(goodForMs / 86_400_000)).toBe(90);
    expect((await as(out.trim(), 'whoami')).out).toContain('watcher, role viewer');
    expect(await cli.run('keys', 'create', 'nothing')).toMatchObject({ code: 2, out: '' });
    expect((await cli.run('keys', 'create', 'nothing', '--role', 'boss')).error).toContain('--role is one of viewer');
    expect((await cli.run('keys', 'create', 'nothing', '--role', 'viewer', '--rate', '5')).error).toContain(
      'is no rate',
    );
  });

  it('rotates and revokes one by its name', async () => {
    const first = await cli.json<NewKey>('keys', 'create', 'backend', '--role', 'operator');
    const rotated = await cli.run('keys', 'rotate', 'backend', '--overlap', '1h', '-q');
    const next = rotated.out.trim();
    expect(next).toMatch(/^ns_/);
    expect(next).not.toBe(first.key);
    for (const key of [first.key, next]) expect((await as(key, 'whoami')).code).toBe(0);
    expect(await cli.run('keys', 'revoke', 'backend')).toMatchObject({ code: 0, out: `${first.id}  revoked\n` });
    expect(await as(next, 'whoami')).toMatchObject({ code: 2 });
    expect((await cli.run('keys')).out).not.toContain('backend');
    expect((await cli.run('keys', 'list', '--revoked')).out).toMatch(/backend.*revoked/);
    expect((await cli.run('keys', 'rotate', 'bakend')).error).toContain('There is no key "bakend"');
  });
});

describe('nightshift audit', () => {
  it('says who changed what', async () => {
    await platform.client.secrets.put('audited', 'some value');
    // What came of it is known a moment after the answer.
    const out = await waitFor(
      async () => {
        const said = await cli.run('audit', '--operation', 'secrets.set', '--subject', 'audited');
        return said.out.includes('?') ? undefined : said.out;
      },
      { describe: 'the answer to be known' },
    );
    expect(out).toMatch(/^AT +WHO +OPERATION +SUBJECT +ANSWER .*\n\S+ +admin +secrets\.set +audited +20\d /);
    const page = await cli.json<Page<AuditEntryView>>('audit', '--actor', 'admin', '-n', '1');
    expect(page).toMatchObject({ items: [{ caller: { name: 'admin' } }], nextCursor: expect.any(String) as string });
    expect((await cli.run('audit', '--to', '2020-01-01T00:00:00Z')).out.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('nightshift webhooks', () => {
  it('are listed, tested, and sent again what was given up', async () => {
    receiver.on('/hook', (response) => response.writeHead(500).end('closed'));
    await platform.publish('hooked', { do: [{ a: { set: 1 } }] });
    await platform.client.webhooks.put('crm', { url: `${receiver.url}/hook`, workflow: 'hooked' });
    const refused = await cli.run('webhooks', 'test', 'crm');
    expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/^✗ 500 {2}after \d+ ms.*closed/) as string });
    receiver.on('/hook', (response) => response.writeHead(204).end());
    expect(await cli.run('webhooks', 'test', 'crm')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^✓ 204 {2}after \d+ ms/) as string,
    });

    const { id: runId } = await platform.run('hooked');
    const [delivery] = await waitFor(
      async () => {
        const { items } = await cli.json<Page<WebhookDelivery>>('webhooks', 'deliveries', 'crm', '--run', runId);
        return items[0]?.status === 'delivered' ? items : undefined;
      },
      { describe: 'the delivery' },
    );
    expect((await cli.run('webhooks')).out).toMatch(/^crm +http\S+\/hook +well +0 +0 +RunSucceeded, /m);
    expect((await cli.run('webhooks', 'deliveries', 'crm', '--status', 'delivered')).out).toMatch(
      /RunSucceeded +hooked +\S+ +delivered +1 +204$/m,
    );
    const before = receiver.calls('/hook').length;
    expect(await cli.run('webhooks', 'redeliver', 'crm', delivery!.id)).toMatchObject({ out: '1 are sent again.\n' });
    await waitFor(async () => receiver.calls('/hook').length > before || undefined, { describe: 'it to come again' });
    const since = ['--from', '2020-01-01T00:00:00Z'];
    expect((await cli.run('webhooks', 'redeliver', 'crm', ...since)).out).toBe('0 are sent again.\n');
    expect(await cli.run('webhooks', 'redeliver', 'crm')).toMatchObject({ code: 2 });
  });
});

describe('nightshift types', () => {
  it('writes what there is, and the file anew only if that has changed', async () => {
    await platform.client.types.declare('parcels', { weight: { kind: 'number', required: true } });
    const { code, error } = await cli.run('types', '-o', 'deployment.ts');
    expect(code, error).toBe(0);
    const file = join(cli.folder, 'deployment.ts');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('export interface Deployment {');
    expect(text).toContain('"greet": { parameters: GreetParameters.Value; result: GreetResult.Value };');
    expect(text).toContain('"weight": number');
    const { mtimeNs } = statSync(file, { bigint: true });
    expect((await cli.run('types', '-o', 'deployment.ts')).error).toBe('deployment.ts is as it was.\n');
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(mtimeNs);
    expect((await cli.run('types')).out).toBe(text);
    expect((await cli.run('types', '--name', 'Shop')).out).toContain('export interface Shop {');
    expect(await cli.run('types', '--name', 'a shop')).toMatchObject({ code: 2 });
  });
});

describe('nightshift call', () => {
  it('calls what is below a name, by any method, with lists in a query', async () => {
    const got = await cli.json('call', 'show-order/orders/17', '-X', 'GET', '-p', 'tags=["a","b"]');
    expect(got).toEqual({ id: 17, tags: ['a', 'b'] });
    expect(await cli.json('call', 'show-order/orders/18', '-p', 'tags=[1]')).toEqual({ id: 18, tags: [1] });
    const wrong = await cli.run('call', 'show-order/orders/x');
    expect(wrong).toMatchObject({ code: 2, error: expect.stringContaining('parameters.invalid') as string });
  });

  it('does not wait if that is preferred, and says which run it is', async () => {
    const { out, error } = await cli.run('call', 'show-order/orders/19', '--prefer', 'async');
    const { runId } = JSON.parse(out) as { runId: string };
    expect(error).toBe(`It goes on: nightshift logs ${runId} --follow\n`);
    expect(await platform.ended(runId)).toMatchObject({ status: 'succeeded' });
  });
});

describe('nightshift events', () => {
  it('are those of some types for which an expression is true', async () => {
    const types = ['--type', 'RunRequested', '--type', 'RunSucceeded'];
    const filter = ['--filter', "event.type = 'RunSucceeded'"];
    const running = cli.start({}, 'events', '--json', '--workflow', 'greet', ...types, ...filter);
    const seen = await waitFor(
      async () => {
        await platform.run('greet', { name: 'Ada' });
        const lines = running.said().out.split('\n').slice(0, -1);
        return lines.length >= 2 ? lines : undefined;
      },
      { describe: 'two events' },
    );
    expect(new Set(seen.map((line) => (JSON.parse(line) as { type: string }).type))).toEqual(new Set(['RunSucceeded']));
    running.process.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(await cli.run('events', '--filter', 'event.type =')).toMatchObject({ code: 2 });
  });

  it('of a chain are those of its runs', async () => {
    await platform.publish('linger', { do: [{ pause: { waitFor: { event: 'go', key: '=run.id' } } }] });
    const [runId, other] = [await platform.start('linger'), await platform.start('linger')];
    for (const id of [runId, other]) await platform.happened(id, ({ type }) => type === 'WaitStarted');
    const running = cli.start({}, 'events', '--json', '--chain', runId);
    const line = await waitFor(
      async () => {
        // What was before the connection stands is not in it.
        for (const id of [other, runId]) {
          await platform.client.runs.pause(id);
          await platform.client.runs.resume(id);
        }
        return running.said().out.split('\n').slice(0, -1)[0];
      },
      { describe: 'an event' },
    );
    expect(JSON.parse(line)).toMatchObject({ runId });
    expect(running.said().out).not.toContain(other);
    running.process.kill('SIGINT');
    await running.ended;
  });

  it.each([
    ['events'],
    ['logs', '019ad52c-1a00-7c1e-9a41-0d6a3c1f2b77', '--follow'],
    ['runs', 'wait', '--workflow', 'greet'],
  ])('end with 4 where nobody answers: %s', async (...args) => {
    expect(await cli.run(...args, '--url', 'http://127.0.0.1:1')).toMatchObject({
      code: 4,
      error: expect.stringContaining('does not answer') as string,
    });
  });
});
