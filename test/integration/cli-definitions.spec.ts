import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

// Every command is a process of its own, and starts slowly where many do.
vi.setConfig({ testTimeout: 120_000 });

let platform: TestPlatform;
let cli: CommandLine;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0 });
  cli = openCommandLine(platform);
  cpSync(join(workspaceRoot, 'examples/five-ways'), join(cli.folder, 'five-ways'), { recursive: true });
});
afterAll(async () => {
  cli?.close();
  await platform?.close();
});

const write = (path: string, text: string): void => {
  mkdirSync(join(cli.folder, path, '..'), { recursive: true });
  writeFileSync(join(cli.folder, path), text);
};

/** Every file below a folder, with what is in it. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(cli.folder, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(join(cli.folder, folder).length + 1), readFileSync(path, 'utf8')]),
  );

/** Things that lean on each other in every way: types in a ring, workflows in a ring, and all other kinds. */
const ring = `
type: authors
fields:
  name: { kind: text, required: true }
  best: { kind: reference, type: books }
privacy:
  - { name: everybody, find: true, see: all }
---
type: books
fields:
  title: { kind: text, required: true, default: Untitled }
  author: { kind: reference, type: authors, required: true }
  kind: { kind: option, options: [novel, poem] }
---
workflow: ping
parameters: { type: object, properties: { left: { type: integer, default: 3 } }, additionalProperties: false }
do:
  - next: { if: parameters.left > 0, schedule: { workflow: pong, in: { seconds: 1 }, parameters: { left: =parameters.left - 1 } } }
---
workflow: pong
parameters: { type: object, properties: { left: { type: integer } }, additionalProperties: false }
flow: { concurrency: { limit: 3 } }
do:
  - next: { if: parameters.left > 0, schedule: { workflow: ping, in: { seconds: 1 }, parameters: { left: =parameters.left - 1 } } }
---
flow: ping
concurrency: { limit: 2 }
---
recurrence: ping/every-night:1
cron: 0 3 * * *
timeZone: Europe/Berlin
paused: true
---
eventSource: shop
scheme: stripe
secret: shopSecret
---
webhook: crm
url: https://crm.example.com/hook
workflow: [ping, po*]
secret: shopSecret
headers: { x-team: shop, authorization: { secret: shopSecret } }
events: [RunFailed, RunRequested]
payloads: true
---
webhook: pager
url: https://pager.example.com/hook
events: [RunCancelled, RunFailed, RunSucceeded]
`;

describe('nightshift apply', () => {
  it('makes everything of a folder, in an order in which it can be made, and changes nothing the second time', async () => {
    await platform.client.secrets.put('shopSecret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    write('ring.yaml', ring);
    const first = await cli.run('apply', '-f', 'five-ways', '-f', 'ring.yaml');
    expect(first, first.error).toMatchObject({ code: 0 });
    expect(first.error).toContain('type users is made');
    expect(first.error).toContain('recurrence ping/every-night:1 is made');
    // It has a secret that was made for it, which is in no file and in no log.
    expect(first.error).toMatch(/^! webhook pager names no stored secret.*PUT \/v1\/webhooks\/pager\/secret$/m);
    expect(first.error).not.toContain('webhook crm names');
    expect(first.error).not.toContain('whsec_');
    const before = await platform.client.workflows.list();

    const second = await cli.run('apply', '-f', 'five-ways', '-f', 'ring.yaml');
    expect(second).toMatchObject({ code: 0, error: '' });
    expect(second.out).toMatch(/^Nothing to change: all \d+ are as they are written\.\n$/);
    expect(await platform.client.workflows.list()).toEqual(before);
    expect(before.every(({ draft, publishedVersion }) => !draft && publishedVersion !== null)).toBe(true);
  });

  it('shows a diff of what differs, and does nothing on a dry run', async () => {
    const hello = join(cli.folder, 'five-ways/workflows/hello.yaml');
    writeFileSync(hello, readFileSync(hello, 'utf8').replace("'!'", "'?'"));
    const { code, out, error } = await cli.run('apply', '-f', 'five-ways', '--dry-run');
    expect([code, error]).toEqual([0, '\n1 to change; nothing is done (--dry-run)\n']);
    expect(out.split('\n').filter((line) => /^[+-] /.test(line))).toEqual([
      expect.stringContaining("'!'") as string,
      expect.stringContaining("'?'") as string,
    ]);
    expect(await platform.client.workflows.get('hello')).toMatchObject({ version: 1 });

    expect(await cli.run('apply', '-f', hello)).toMatchObject({
      code: 0,
      error: expect.stringContaining('workflow hello is changed') as string,
    });
    expect(await platform.client.workflows.get('hello')).toMatchObject({ version: 2, publishedVersion: 2 });
  });

  it('takes documents from the standard input', async () => {
    const input = 'workflow: piped\ndo:\n  - a: { set: 1 }\n';
    expect(await cli.runWith({ input }, 'apply', '-f', '-')).toMatchObject({ code: 0 });
    expect(await platform.client.workflows.get('piped')).toMatchObject({ publishedVersion: 1 });
  });

  it('applies nothing if one document has a mistake, and says where it is', async () => {
    write('bad/one.yaml', 'workflow: good-one\ndo:\n  - a: { set: 1 }\n');
    write(
      'bad/two.yaml',
      '# A comment.\nworkflow: bad-one\ndo:\n  - a:\n      cal: { workflow: hello }\n  - b: { call: { workflow: helo } }\n',
    );
    write('bad/types/thing.yaml', 'type: parcels\nfields:\n  weight:\n    kind: numbr\n');
    write('bad/recurrence.yaml', 'recurrence: count-user/often\nevery: { seconds: 5 }\n');
    const { code, out, error } = await cli.run('apply', '-f', 'bad');
    expect([code, out]).toEqual([2, '']);
    expect(error).toMatch(/bad\/two\.yaml:5:7: .*\(did you mean call\?\)/);
    expect(error).toMatch(/bad\/two\.yaml:6:.*\(did you mean hello\?\)/);
    expect(error).toMatch(/bad\/types\/thing\.yaml:4:5: \/fields\/weight\/kind must be/);
    expect(error).toMatch(
      /bad\/recurrence\.yaml:1:1: .*there is no workflow "count-user" \(did you mean count-users\?\)/,
    );
    expect(error).toContain('nothing is applied');
    await expect(platform.client.workflows.get('good-one')).rejects.toMatchObject({ code: 'workflow.not_found' });
  });

  it('says the line of what is no YAML, and what is defined twice', async () => {
    write('twice.yaml', 'workflow: again\ndo:\n  - a: { set: 1 }\n---\nworkflow: again\ndo:\n  - a: { set: 2 }\n');
    expect((await cli.run('apply', '-f', 'twice.yaml')).error).toContain('workflow again is defined in twice.yaml too');
    write('broken.yaml', 'workflow: [\n');
    expect((await cli.run('apply', '-f', 'broken.yaml')).error).toMatch(/broken\.yaml:2:1: /);
    write('nothing.yaml', 'some: thing\n');
    expect((await cli.run('apply', '-f', 'nothing.yaml')).error).toMatch(/nothing\.yaml:1:1: defines nothing/);
  });

  it('loses data only if somebody says so', async () => {
    await platform.client.types.declare('leftovers', { kept: { kind: 'text' }, gone: { kind: 'text' } });
    await platform.client.things.create('leftovers', { kept: 'a', gone: 'b' });
    write('loss.yaml', 'type: leftovers\nfields: {}\ndrop: [gone]\n');
    const refused = await cli.run('apply', '-f', 'loss.yaml');
    expect(refused).toMatchObject({
      code: 2,
      error: expect.stringContaining('something would be lost or broken') as string,
    });
    expect(refused.out).toMatch(/^! .*1 things /m);
    const fieldsOf = async () => (await platform.client.types.list()).find(({ name }) => name === 'leftovers')!.fields;
    expect(await fieldsOf()).toHaveProperty('gone');
    expect(await cli.run('apply', '-f', 'loss.yaml', '--yes')).toMatchObject({ code: 0 });
    expect(await fieldsOf()).not.toHaveProperty('gone');
    expect((await cli.run('apply', '-f', 'loss.yaml')).out).toContain('Nothing to change');
  });

  it('breaks no workflow that is in no file, unless somebody says so', async () => {
    await platform.client.types.declare('parcels', { weight: { kind: 'number' } });
    await platform.publish('weigh', { do: [{ parcel: { create: { type: 'parcels', fields: { weight: 1 } } } }] });
    write('lighter.yaml', 'type: parcels\nfields: {}\ndrop: [weight]\n');
    const { code, error } = await cli.run('apply', '-f', 'lighter.yaml');
    expect(code).toBe(2);
    expect(error).toMatch(/^! workflow weigh, which is in no file, would no longer be right: \/do\/0\/parcel/m);
    expect((await platform.client.types.list()).find(({ name }) => name === 'parcels')?.fields).toHaveProperty(
      'weight',
    );
  });

  it('removes what is in no file only when it is told to', async () => {
    await platform.client.recurrences.put('hello', 'stray', { every: { hours: 1 } });
    await platform.client.webhooks.put('stray', { url: 'https://stray.example.com/' });
    expect((await cli.run('apply', '-f', 'five-ways', '-f', 'ring.yaml', '--dry-run')).out).not.toContain('stray');
    const answer = await cli.json<{ changes: object[] }>(
      'apply',
      '-f',
      'five-ways',
      '-f',
      'ring.yaml',
      '--prune',
      '--yes',
    );
    expect(answer.changes).toMatchObject([
      { kind: 'recurrence', name: 'hello/stray', action: 'remove' },
      { kind: 'webhook', name: 'stray', action: 'remove' },
    ]);
    expect((await platform.client.webhooks.list()).map(({ name }) => name).toSorted()).toEqual(['crm', 'pager']);
    await expect(platform.client.recurrences.get('hello', 'stray')).rejects.toMatchObject({
      code: 'recurrence.not_found',
    });
  });
});

describe('nightshift export', () => {
  it('writes files that make another platform the same, to the letter', async () => {
    await platform.client.workflows.save('never-published', { workflow: 'never-published', do: [{ a: { set: 1 } }] });
    const exported = await cli.run('export', '-o', 'export');
    expect(exported, exported.error).toMatchObject({ code: 0 });
    expect(exported.error).toContain('Never published, and so left out: never-published');
    const files = contents('export');
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'event-sources/shop.yaml',
        'flows/ping.yaml',
        'recurrences/ping.every-night%3A1.yaml',
        'types/authors.yaml',
        'webhooks/crm.yaml',
        'webhooks/pager.yaml',
        'workflows/sign-up.yaml',
      ]),
    );
    // What a document says of itself is in the document.
    expect(files).not.toHaveProperty('flows/pong.yaml');
    expect((await cli.run('apply', '-f', 'export')).out).toContain('Nothing to change');

    const other = await openTestPlatform({ executors: 0 });
    try {
      const env = { NIGHTSHIFT_URL: other.url, NIGHTSHIFT_KEY: other.adminKey };
      // Secrets are in no file.
      const refused = await cli.runWith({ env }, 'apply', '-f', 'export');
      expect(refused).toMatchObject({ code: 2, out: '' });
      expect(refused.error).toMatch(/event-sources\/shop\.yaml:3:1: \/secret there is no secret shopSecret/);
      expect(refused.error).toMatch(
        /webhooks\/crm\.yaml:\d+:\d+: \/headers\/authorization there is no secret shopSecret/,
      );
      await other.client.secrets.put('shopSecret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
      const applied = await cli.runWith({ env }, 'apply', '-f', 'export');
      expect(applied, applied.error).toMatchObject({ code: 0 });
      expect(await cli.runWith({ env }, 'export', '-o', 'again')).toMatchObject({ code: 0 });
      expect(contents('again')).toEqual(files);
      const all = await cli.runWith({ env }, 'export');
      expect(await cli.runWith({ env, input: all.out }, 'apply', '-f', '-')).toMatchObject({
        out: expect.stringContaining('Nothing to change') as string,
      });
    } finally {
      await other.close();
    }
  });
});
