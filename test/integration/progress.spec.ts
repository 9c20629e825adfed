import { createClient, type Client } from '@nightshift/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '@nightshift/contracts';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let client: Client;
/** Of another replica. */
let elsewhere: Client;

beforeAll(async () => {
  platform = await openTestPlatform();
  ({ client } = platform);
  elsewhere = createClient({ url: await platform.openGateway(), key: platform.adminKey });
  await platform.publish('gated', {
    parameters: { type: 'object', properties: { gate: { type: 'string' } } },
    do: [
      { one: { set: 1 } },
      { half: { waitFor: { event: 'gate.opened', key: '=parameters.gate' } } },
      { three: { set: 1 } },
      { last: { waitFor: { event: 'gate.opened', key: '=parameters.gate & "-again"' } } },
    ],
  });
  await platform.publish('item', { do: [{ it: { set: '=item' } }] });
  await platform.publish('parent', {
    parameters: { type: 'object', properties: { gate: { type: 'string' } } },
    do: [
      { many: { scheduleOnList: { workflow: 'item', items: [1, 2, 3] } } },
      { kid: { call: { workflow: 'gated', parameters: { gate: '=parameters.gate' } } } },
    ],
  });
});
afterAll(() => platform?.close());

let opened = 0;
const open = (gate: string) =>
  client.sendEvent({ id: `gate-${++opened}`, source: '/test', type: 'gate.opened', subject: gate });

/** The progress as soon as it is so. */
const progressWhen = (id: string, fits: (progress: Progress) => boolean): Promise<Progress> =>
  waitFor(
    async () => {
      const progress = await client.progress.get(id);
      return fits(progress) ? progress : undefined;
    },
    { describe: `progress of ${id}` },
  );

describe('a run that calls another one and starts a list', () => {
  it('shows both, and moves with what it waits for', async () => {
    const id = await platform.start('parent', { gate: 'a' });
    const atHalf = await progressWhen(id, ({ percent, children }) => percent === 62.5 && children?.lists.done === 3);
    expect(atHalf).toMatchObject({
      kind: 'run',
      status: 'waiting',
      total: 2,
      done: 1,
      stalled: false,
      children: { runs: { count: 1, done: 0, total: 1 }, lists: { count: 1, done: 3, total: 3 }, chains: { count: 0 } },
    });
    const guide = readFileSync(join(workspaceRoot, 'docs/guides/progress.md'), 'utf8');
    const { children, ...shown } = JSON.parse(/```json\n(.*?)```/s.exec(guide)![1]!) as Progress;
    const told = { id: expect.any(String), startedAt: expect.any(String), updatedAt: expect.any(String) };
    expect(atHalf).toEqual({ ...shown, children, ...told, lastProgressAt: expect.any(String) });

    const changed = client.progress.wait(id, '20s');
    await open('a');
    expect((await changed).percent).toBeGreaterThan(62.5);
    expect(await progressWhen(id, ({ percent }) => percent === 87.5)).toMatchObject({ done: 1, total: 2 });
    await open('a-again');
    expect(await progressWhen(id, ({ status }) => status === 'succeeded')).toMatchObject({
      percent: 100,
      done: 2,
      total: 2,
      children: { runs: { count: 1, done: 1, total: 1 } },
    });
  });

  it('counts a chain that it starts by its cycles', async () => {
    await platform.publish('thrice', {
      parameters: { type: 'object', properties: { left: { type: 'integer' } } },
      do: [
        {
          next: {
            if: 'parameters.left > 1',
            schedule: { workflow: 'thrice', parameters: { left: '=parameters.left - 1' } },
          },
        },
      ],
    });
    await platform.publish('starts-chain', {
      do: [{ go: { schedule: { workflow: 'thrice', parameters: { left: 3 } } } }],
    });
    const { id } = await platform.run('starts-chain');
    const { children } = await progressWhen(id, (progress) => progress.children?.chains.done === 3);
    expect(children).toEqual({
      runs: { count: 0, done: 0, total: 0 },
      lists: { count: 0, done: 0, total: 0 },
      chains: { count: 1, done: 3, total: 3 },
    });
  });
});

describe('progress that is followed', () => {
  it('goes on at another gateway where it was, tells each thing once, and ends', async () => {
    const runId = await platform.start('gated', { gate: 'b' });
    await progressWhen(runId, ({ done }) => done === 1);
    const first: Progress[] = [];
    let seen: string | undefined;
    for await (const { id, progress } of client.progress.follow(runId)) {
      first.push(progress);
      seen = id;
      break;
    }
    expect(first).toMatchObject([{ status: 'waiting', done: 1, total: 4, percent: 25 }]);

    const rest: { id: string | undefined; progress: Progress }[] = [];
    const following = (async () => {
      for await (const told of elsewhere.progress.follow(runId, { lastEventId: seen! })) rest.push(told);
    })();
    await open('b');
    await waitFor(() => rest.some(({ progress }) => progress.done === 3));
    await open('b-again');
    await following;
    expect(rest.filter(({ progress: { done, status } }) => done === 1 && status === 'waiting')).toEqual([]);
    expect(rest.at(-1)!.progress).toMatchObject({ status: 'succeeded', done: 4, percent: 100 });
    expect(new Set(rest.map(({ id }) => id)).size).toBe(rest.length);
    const done = rest.map(({ progress }) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));

    const again: unknown[] = [];
    for await (const told of client.progress.follow(runId, { lastEventId: rest.at(-1)!.id! })) again.push(told);
    expect(again).toEqual([]);
  });

  it('tells the end to as many as there are', async () => {
    const runId = await platform.start('gated', { gate: 'c' });
    const all = Array.from({ length: 20 }, async () => {
      let last: Progress | undefined;
      for await (const { progress } of client.progress.follow(runId)) last = progress;
      return last;
    });
    await open('c');
    await open('c-again');
    for (const last of await Promise.all(all)) expect(last).toMatchObject({ status: 'succeeded', percent: 100 });
  });

  it('is not there for what does not exist', async () => {
    const nothing = '0193e5d0-0000-7000-8000-000000000001';
    await expect(client.progress.get(nothing)).rejects.toMatchObject({ code: 'run.not_found' });
    await expect(client.progress.follow(nothing)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'run.not_found',
    });
  });
});

describe('a link', () => {
  it('shows how far it is to anybody, from any page, and no more', async () => {
    const runId = await platform.start('gated', { gate: 'd' });
    await progressWhen(runId, ({ done }) => done === 1);
    const { url, token, expiresAt } = await client.progress.link(runId, { expiresIn: { hours: 1 } });
    expect(url).toBe(`${platform.url}/v1/public/progress/${token}`);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());

    const response = await fetch(url, { headers: { origin: 'https://example.org' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const shown = (await response.json()) as object;
    expect(shown).toMatchObject({ status: 'waiting', percent: 25, total: 4, done: 1, stalled: false });
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['id']));
    expect(JSON.stringify(shown)).not.toContain(runId);
    const preflight = await fetch(url, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);

    const anybody = createClient({ url: platform.url });
    const waiting = anybody.progress.shared(token, { wait: '20s' });
    const followed: (number | null)[] = [];
    const following = (async () => {
      for await (const { progress } of anybody.progress.followShared(token)) followed.push(progress.percent);
    })();
    await open('d');
    expect((await waiting).percent).toBeGreaterThan(25);
    await open('d-again');
    await following;
    expect(followed.at(-1)).toBe(100);
    await expect(anybody.progress.get(runId)).rejects.toMatchObject({ code: 'auth.missing_key' });
  });

  it('is worth nothing when it has been changed, is for another one, or has expired', async () => {
    const [one, other] = [await platform.start('gated', { gate: 'e' }), await platform.start('gated', { gate: 'f' })];
    const [{ token }, { token: ofOther }] = [await client.progress.link(one), await client.progress.link(other)];
    const bytes = Buffer.from(token, 'base64url');
    const mixed = Buffer.concat([bytes.subarray(0, 22), Buffer.from(ofOther, 'base64url').subarray(22)]);
    const tampered = Buffer.from(bytes);
    tampered[20]! ^= 1;
    for (const wrong of [tampered, mixed]) {
      const response = await fetch(`${platform.url}/v1/public/progress/${wrong.toString('base64url')}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.json()).toMatchObject({ code: 'link.invalid' });
    }
    const short = await client.progress.link(one, { expiresIn: { seconds: 1 } });
    await waitFor(() =>
      client.progress.shared(short.token).then(
        () => false,
        (error: unknown) => (error as { code: string }).code === 'link.expired',
      ),
    );
    expect((await fetch(short.url)).status).toBe(410);
    await expect(client.progress.link(one, { expiresIn: 'P91D' })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(client.progress.link('0193e5d0-0000-7000-8000-000000000001')).rejects.toMatchObject({
      code: 'run.not_found',
    });
  });
});

describe('a list', () => {
  it('tells how fast it is of late, and when it will be over', async () => {
    await platform.publish('slow-item', { do: [{ pause: { wait: { milliseconds: 30 } } }] });
    const { listId } = await client.lists.create('slow-item', {
      items: Array.from({ length: 40 }, (_, i) => i),
      concurrency: 2,
    });
    const documents: Progress[] = [];
    for await (const { progress } of client.progress.follow(listId)) documents.push(progress);
    expect(documents.some(({ ratePerSecond, eta }) => ratePerSecond !== null && eta !== null)).toBe(true);
    expect(documents.at(-1)).toMatchObject({ status: 'succeeded', done: 40, total: 40, percent: 100, eta: null });
    const done = documents.map((document) => document.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });
});
