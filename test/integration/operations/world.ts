import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { consumers, Failure, roles, streams, subjects, type FileInfo, type Role } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { connectBus, publishDeadLetter } from '@nightshift/messaging';
import { waitFor } from '@nightshift/testing';
import { openTestPlatform, type Document, type TestPlatform } from '../test-platform.ts';

export const SIGNING_SECRET = 'the-signing-secret-of-the-walk';

/** A small deployment with one of everything, and ways to make more of what requests use up. */
export interface World {
  readonly platform: TestPlatform;
  readonly keys: Readonly<Record<Role, string>>;
  /** A name that nothing has. */
  fresh(word: string): string;
  /** A run of a workflow that waits. */
  waitingRun(): Promise<string>;
  failedRun(): Promise<string>;
  endedRun(): Promise<string>;
  /** A list of that many items that wait, or fail. */
  list(workflow: 'waits' | 'fails', items?: number): Promise<string>;
  schedule(): Promise<string>;
  recurrence(): Promise<string>;
  /** A chain whose second cycle is to come. */
  chain(): Promise<string>;
  note(): Promise<string>;
  /** A type that nothing uses. */
  type(): Promise<string>;
  file(): Promise<FileInfo>;
  /** An import with a row that was refused. */
  import(): Promise<string>;
  mail(): Promise<string>;
  deadLetter(): Promise<string>;
  /** What a paused webhook is to be told. */
  delivery(): Promise<{ name: string; id: string }>;
  close(): Promise<void>;
}

const workflows: Record<string, Document> = {
  'does-nothing': { do: [{ nothing: { set: 1 } }], return: 1 },
  waits: { do: [{ pause: { wait: { hours: 1 } } }] },
  fails: { do: [{ broken: { set: '=$error("it broke")' } }] },
  'goes-on': {
    do: [{ next: { schedule: { workflow: 'goes-on', in: { hours: 1 } } } }],
  },
  mails: { do: [{ letter: { email: { to: 'ada@example.com', subject: 'Hello', text: 'Hello, Ada' } } }] },
  greet: {
    title: 'Greets somebody',
    parameters: {
      $id: 'https://example.com/greeting',
      type: 'object',
      properties: { name: { $ref: '#/$defs/name' }, times: { type: 'integer' }, more: { $ref: 'counts#/$defs/small' } },
      required: ['name'],
      $defs: {
        name: { type: 'string', description: 'Who is greeted.' },
        counts: { $id: 'counts', $defs: { small: { type: 'integer', minimum: 1 } } },
      },
    },
    returns: { type: 'object', properties: { hello: { type: 'string' } }, required: ['hello'] },
    expose: { auth: 'none', methods: ['GET', 'POST'] },
    do: [{ nothing: { set: 1 } }],
    return: { hello: '=parameters.name' },
  },
  'greet-users': { expose: { auth: 'user' }, do: [{ nothing: { set: 1 } }] },
  'greet-at-home': {
    parameters: {
      type: 'object',
      properties: {
        house: { type: 'integer' },
        loud: { type: 'boolean' },
        headers: { type: 'object', properties: { 'x-door': { type: 'string' } }, required: ['x-door'] },
      },
      required: ['house', 'headers'],
      additionalProperties: false,
    },
    returns: { type: 'array', items: { type: 'integer' } },
    expose: {
      auth: 'none',
      methods: ['GET', 'HEAD', 'PUT'],
      path: '/houses/{house}',
      headers: ['x-door'],
      when: 'parameters.house > 0',
      whenNotMet: 200,
    },
    do: [{ nothing: { set: 1 } }],
    return: ['=parameters.house'],
  },
  'greet-later': { expose: { auth: 'none', mode: 'accepted' }, do: [{ nothing: { set: 1 } }] },
  'greet-elsewhere': {
    parameters: { type: 'object', properties: { names: { type: 'array' } }, required: ['names'] },
    expose: { auth: 'none', bodyAs: 'names', answer: { redirect: "='/thanks?names=' & $count(parameters.names)" } },
    do: [{ nothing: { set: 1 } }],
  },
  'greet-signed': {
    expose: { signature: { source: 'shop' }, answer: { type: 'text', status: 201 } },
    do: [{ nothing: { set: 1 } }],
    return: 'hello',
  },
  'greet-admins': { expose: { auth: 'admin' }, do: [{ nothing: { set: 1 } }] },
};

export const openWorld = async (): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-walk-'));
  const platform = await openTestPlatform({
    hasTrigger: true,
    settings: { NIGHTSHIFT_FILES_URL: pathToFileURL(folder).href },
  });
  const { client } = platform;
  const bus = await connectBus({ url: platform.nats.url, name: 'walk' });
  let count = 0;
  const fresh = (word: string): string => `${word}${++count}`;

  await client.secrets.put('signing', SIGNING_SECRET);
  await client.eventSources.put('shop', { scheme: 'github', secret: 'signing' });
  await client.types.declare('notes', { title: { kind: 'text', required: true }, pages: { kind: 'integer' } });
  for (const [name, document] of Object.entries(workflows)) await platform.publish(name, document);
  // Something to go back to.
  await platform.publish('does-nothing', { ...workflows['does-nothing']!, title: 'Does nothing' });
  const made = await Promise.all(
    roles.map(async (role) => [role, (await client.keys.create({ name: `the ${role}`, role })).key] as const),
  );

  return {
    platform,
    keys: Object.fromEntries(made) as Record<Role, string>,
    fresh,
    waitingRun: async () => {
      const id = await platform.start('waits');
      await waitFor(async () => (await client.runs.get(id)).status === 'waiting');
      return id;
    },
    failedRun: async () => (await platform.run('fails')).id,
    endedRun: async () => (await platform.run('does-nothing')).id,
    list: async (workflow, items = 2) => {
      const { listId } = await client.lists.create(workflow, { items: Array.from({ length: items }), concurrency: 1 });
      const status = workflow === 'fails' ? 'failed' : 'waiting';
      await waitFor(async () => (await client.lists.items(listId, { status })).items.length > 0);
      if (workflow === 'fails') await waitFor(async () => (await client.lists.get(listId)).done === items);
      return listId;
    },
    schedule: async () => (await client.schedules.create('does-nothing', { in: { hours: 1 } })).scheduleId,
    recurrence: async () => {
      const key = fresh('key');
      await client.recurrences.put('does-nothing', key, { cron: '0 9 * * *' });
      return key;
    },
    chain: async () => {
      const { chainId } = await platform.run('goes-on');
      await waitFor(async () => (await client.chains.get(chainId)).iteration === 2);
      return chainId;
    },
    note: async () => (await client.things.create('notes', { title: 'A note' })).id,
    type: async () => {
      const name = fresh('drawers');
      await client.types.declare(name, { label: { kind: 'text' } });
      return name;
    },
    file: () => client.files.upload('some content', { name: 'a.txt', contentType: 'text/plain' }),
    import: async () => (await client.imports.upload('notes', { csv: 'title,pages\nOne,1\nTwo,many\n' })).id,
    mail: async () => {
      const { id } = await platform.run('mails');
      return (await client.mailbox.list({ run: id })).items[0]!.messageId;
    },
    deadLetter: async () => {
      const delivery = { subject: subjects.dispatch, streamSequence: ++count, deliveryCount: 5, time: new Date() };
      const payload = { runId: newId(Date.now()), version: 1 };
      const letter = { stream: streams.dispatch.name, consumer: consumers.executor };
      publishDeadLetter(bus, letter, { payload, delivery }, new Failure('platform.bug'));
      await bus.flush();
      return String((await bus.streamState(streams.dead))!.lastSequence);
    },
    delivery: async () => {
      const name = fresh('told-');
      await client.webhooks.put(name, { url: 'https://receiver.example.com/', workflow: 'does-nothing', paused: true });
      await platform.run('does-nothing');
      const [delivery] = await waitFor(async () => {
        const { items } = await client.webhooks.deliveries(name);
        return items.length > 0 ? items : undefined;
      });
      return { name, id: delivery!.id };
    },
    close: async () => {
      await bus.close();
      await platform.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
