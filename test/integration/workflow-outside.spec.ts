import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { streams, subjects } from '@nightshift/contracts';
import { connectBus } from '@nightshift/messaging';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, startHttpStub, type HttpStub } from './http-stub.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let stub: HttpStub;
let other: HttpStub;
let platform: TestPlatform;
let logged = '';

beforeAll(async () => {
  stub = await startHttpStub();
  other = await startHttpStub();
  const sink = new Writable({
    write: (line: Buffer, _, done) => {
      logged += line.toString();
      done();
    },
  });
  platform = await openTestPlatform({
    executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host } },
    loggerOf: (app) => pino({ level: 'trace', base: { app } }, sink),
  });
});
afterAll(async () => {
  await platform?.close();
  stub?.close();
  other?.close();
});

describe('what lies inside', () => {
  const portOf = ({ host }: HttpStub): string => host.split(':')[1]!;
  const insides: [string, (port: string) => string][] = [
    ['127.0.0.1', (port) => `http://127.0.0.1:${port}/inside`],
    ['localhost', (port) => `http://localhost:${port}/inside`],
    ['[::1]', (port) => `http://[::1]:${port}/inside`],
    ['169.254.169.254', () => 'http://169.254.169.254/latest/meta-data/'],
  ];
  const call = { parameters: { type: 'object' }, do: [{ ask: { http: { url: '=parameters.url' } } }] };

  it.each(insides)('cannot be called at %s', async (_, urlAt) => {
    await platform.publish('calling', call);
    const run = await platform.run('calling', { url: urlAt(portOf(other)) });
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'http.refused', status: 403 } });
    expect(other.calls('/inside')).toEqual([]);
  });

  it.each(insides)('cannot be called by a redirect to %s', async (_, urlAt) => {
    stub.on('/go', (response) => response.writeHead(302, { location: urlAt(portOf(other)) }).end());
    await platform.publish('calling', call);
    const run = await platform.run('calling', { url: `${stub.url}/go` });
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'http.refused' } });
    expect(other.calls('/inside')).toEqual([]);
  });
});

describe('an answer', () => {
  it('that is too large is cut off, and says so', async () => {
    let sent = 0;
    stub.on('/endless', (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        if (response.destroyed) return;
        sent += 4096;
        response.write('x'.repeat(4096), () => setImmediate(more));
      };
      more();
    });
    await platform.publish('endless-answer', { do: [{ ask: { http: { url: `${stub.url}/endless` } } }] });
    const run = await platform.run('endless-answer');
    expect(run).toMatchObject({
      status: 'failed',
      problem: { code: 'http.too_large', detail: expect.stringContaining('more than 1024 bytes') },
    });
    expect(stub.calls('/endless')[0]).toMatchObject({ isAbandoned: true });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a secret', () => {
  const secret = 'n1ghtsh1ft-s3cr3t/with+signs & "quotes"';

  /** Every row of every table that the database has, as text, in which it stands. */
  const tablesWith = async (text: string): Promise<string[]> => {
    const tables = await platform.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['nightshift.secrets', 'nightshift.run_events', 'nightshift_data.applied']),
    );
    const found = await Promise.all(
      tables.map(async ({ name }) => {
        const rows = await platform.query(`SELECT FROM ${name} AS t WHERE strpos(t::text, $1) > 0`, [text]);
        return rows.length > 0 ? [name] : [];
      }),
    );
    return found.flat();
  };

  it('reaches whom it is for, and stands in the clear nowhere else', async () => {
    const bus = await connectBus({ url: platform.nats.url, name: 'listener' });
    let overheard = '';
    const feed = await bus.follow(streams.runEvents, {
      from: 'new',
      onMessage: ({ text }) => void (overheard += text),
    });
    bus.subscribe(subjects.allDispatches, (body) => void (overheard += JSON.stringify(body)));
    await platform.client.secrets.put('API_KEY', secret);
    await platform.client.types.declare('notes', { text: { kind: 'text' } });
    const keyed = (path: string) => ({
      http: {
        url: stub.url + path,
        headers: { 'x-key': '=secrets.API_KEY' },
        query: { key: '=secrets.API_KEY' },
        auth: { basic: { user: 'me', password: '=secrets.API_KEY' } },
      },
    });
    await platform.publish('keyed', {
      do: [
        { ask: keyed('/k/echo') },
        { note: { create: { type: 'notes', fields: { text: '=$string(ask)' } } } },
        { say: { log: { message: '=$string(ask)', data: '=ask.body' } } },
        { told: { progress: { message: '=ask.body.you' } } },
        { mail: { email: { to: 'ada@example.com', subject: 'Answer', text: '=$string(ask.body)' } } },
        { fail: keyed('/k/echo-error') },
      ],
    });
    stub.on('/k/', (response, call) =>
      call.path.startsWith('/k/echo-error')
        ? json({ error: `${call.headers['x-key']} is not known`, auth: call.headers.authorization }, 401)(
            response,
            call,
          )
        : json({ you: call.headers['x-key'], headers: call.headers, path: call.path })(response, call),
    );
    const run = await platform.run('keyed');
    expect(run).toMatchObject({ status: 'failed', problem: { code: 'http.status', status: 401 } });
    const [call] = stub.calls('/k/');
    expect(call!.headers['x-key']).toBe(secret);

    let followed = '';
    for await (const { event } of platform.client.events({ run: run.id })) followed += JSON.stringify(event);
    const events = JSON.stringify(await platform.client.runs.events(run.id));
    const seen = {
      run: JSON.stringify(run),
      events,
      followed,
      overheard,
      logged,
      mailbox: JSON.stringify(await platform.client.mailbox.list({ run: run.id })),
      secrets: JSON.stringify(await platform.client.secrets.list()),
    };
    // What should have been seen was: the redacted answer.
    expect(events).toContain('[secret API_KEY]');
    expect(followed).toContain('[secret API_KEY]');
    expect(overheard).toContain('[secret API_KEY]');
    expect(logged).toContain('[secret API_KEY]');

    const forms = {
      plain: secret,
      part: 'n1ghtsh1ft-s3cr3t',
      json: JSON.stringify(secret).slice(1, -1),
      url: encodeURIComponent(secret),
      base64: Buffer.from(`me:${secret}`).toString('base64'),
      base64Part: Buffer.from(`me:${secret}`).toString('base64').slice(4, 24),
    };
    for (const [form, text] of Object.entries(forms)) {
      for (const [where, seenThere] of Object.entries(seen))
        expect(seenThere.includes(text), `${form} in ${where}`).toBe(false);
      expect(await tablesWith(text), form).toEqual([]);
      expect(await filesWith(platform.nats.storageDirectory, text), form).toEqual([]);
    }
    await feed.close();
    await bus.close();
  });
});

const filesWith = async (folder: string, text: string): Promise<string[]> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  expect(files.length).toBeGreaterThan(0);
  const found = await Promise.all(
    files.map(async ({ parentPath, name }) => ((await readFile(join(parentPath, name))).includes(text) ? [name] : [])),
  );
  return found.flat();
};
