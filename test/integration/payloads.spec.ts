import {
  consumers,
  Failure,
  operations,
  payloadRuleOf,
  streams,
  subjects,
  type Operation,
} from '@nightshift/contracts';
import { connectBus, publishDeadLetter } from '@nightshift/messaging';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

/** In everything that is worked on, and in no name. */
const MARKER = 'PAYLOAD-SECRET';

let platform: TestPlatform;
/** The key that sees everything but payloads, and the one that sees them too. */
let blind: string;
let seeing: string;
/** For the parameters of paths: several of each, for runs that went different ways. */
const known: Record<string, string[]> = {};
const idsFor: Record<string, keyof typeof known> = {
  '/v1/runs': 'runs',
  '/v1/schedules': 'schedules',
  '/v1/lists': 'lists',
  '/v1/chains': 'chains',
  '/v1/progress': 'progress',
  '/v1/imports': 'imports',
  '/v1/files': 'files',
  '/v1/dead-letters': 'letters',
  '/v1/keys': 'keys',
  '/v1/things/{type}': 'things',
  '/v1/received-events': 'events',
};

const text = { type: 'string' };
const parameters = { type: 'object', properties: { text, other: text } };

const makeWorld = async (): Promise<void> => {
  const { client, publish } = platform;
  await client.types.declare('note', { text: { kind: 'text' }, size: { kind: 'number' } });
  await publish('tell', {
    parameters,
    flow: { key: '=parameters.text', concurrency: { perKey: 5 } },
    do: [
      { kept: { set: '=parameters.text' } },
      { made: { create: { type: 'note', fields: { text: '=parameters.text' } } } },
      { told: { progress: { done: 1, total: 2, message: '=parameters.text' } } },
      { written: { log: { message: '=parameters.text' } } },
      { sent: { email: { to: 'a@example.com', subject: '=parameters.text', text: '=parameters.text' } } },
    ],
    return: '=kept',
  });
  await publish('break', { parameters, do: [{ kept: { raise: { type: 'test.broken', title: '=parameters.text' } } }] });
  await publish('wait', {
    parameters,
    do: [{ heard: { waitFor: { event: 'test.heard', key: '=parameters.text' } } }],
  });
  await publish('watch', {
    triggers: [{ change: 'note', kinds: ['created'], when: "now.text != 'x'" }],
    do: [{ seen: { set: 1 } }],
  });
  const given = { text: MARKER };
  const told = await platform.run('tell', given);
  const broken = await platform.run('break', given);
  const waiting = await platform.start('wait', given);
  await platform.happened(waiting, ({ type }) => type === 'WaitStarted');
  known['runs'] = [told.id, broken.id, waiting];
  known['chains'] = [told.chainId];
  const planned = await client.schedules.create('tell', { in: { hours: 1 }, parameters: given });
  known['schedules'] = [planned.scheduleId];
  await client.recurrences.put('tell', 'k', { every: { days: 1 }, parameters: given });
  const { listId } = await client.lists.create('break', {
    items: [MARKER, `${MARKER} 2`],
    as: 'text',
    parameters: { other: MARKER },
  });
  await waitFor(async () => ((await client.lists.get(listId)).finishedAt === null ? undefined : true), {
    describe: 'the list to end',
  });
  known['lists'] = [listId];
  known['progress'] = [told.id, broken.id, listId];
  const imported = await client.imports.upload('note', { csv: `text,size\n${MARKER},1\n${MARKER},${MARKER}\n` });
  known['imports'] = [imported.id];
  await client.evaluations.record('watch', { for: { hours: 1 } });
  known['things'] = [((await client.things.create('note', { text: MARKER })) as unknown as { id: string }).id];
  await waitFor(async () => ((await client.evaluations.list('watch')).items.length > 0 ? true : undefined), {
    describe: 'a decision',
  });
  await client.flows.pause('tell', { key: MARKER });
  const held = await platform.start('tell', given);
  known['runs'].push(held);
  await client.secrets.put('token', MARKER);
  await client.sendEvent({ id: 'e', source: 'shop', type: 'test.sent', subject: MARKER, data: { text: MARKER } });
  known['events'] = ['e'];
  await client.webhooks.put('tell', { url: 'https://receiver.example.com/', paused: true });

  const bus = await connectBus({ url: platform.nats.url, name: 'test' });
  const delivery = { subject: subjects.dispatch, streamSequence: 1, deliveryCount: 5, time: new Date() };
  publishDeadLetter(
    bus,
    { stream: streams.dispatch.name, consumer: consumers.executor },
    { payload: { text: MARKER }, delivery },
    new Failure('platform.bug', { detail: MARKER }),
  );
  await bus.flush();
  known['letters'] = [String((await bus.streamState(streams.dead))!.lastSequence)];
  await bus.close();
};

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await makeWorld();
  const { keys } = platform.client;
  blind = (await keys.create({ name: 'blind', role: 'admin', seesPayloads: false })).key;
  const sighted = await keys.create({ name: 'seeing', role: 'admin' });
  seeing = sighted.key;
  known['keys'] = [sighted.id];
  known['files'] = [sighted.id];
});
afterAll(() => platform?.close());

const ask = (key: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(platform.url + path, {
    ...init,
    headers: {
      authorization: `Bearer ${key}`,
      ...(typeof init.body === 'string' && { 'content-type': 'application/json' }),
      ...init.headers,
    },
  });

/** Real paths of an operation, one for each thing that it can be about. */
const pathsOf = ({ path }: Operation): string[] => {
  const filled = path
    .replace('{type}', 'note')
    .replace('{name}', path.endsWith('/evaluations') ? 'watch' : 'tell')
    .replace('{key}', 'k')
    .replace('{source}', 'shop')
    .replace('{version}', '1')
    .replace('{messageId}', 'none')
    .replace('{token}', 'none');
  const kind = Object.entries(idsFor).findLast(([prefix]) => path.startsWith(prefix))?.[1];
  const ids = (kind === undefined ? undefined : known[kind]) ?? ['01890000-0000-7000-8000-000000000000'];
  return filled.includes('{id}') ? ids.map((id) => filled.replace('{id}', id).replace('{index}', '0')) : [filled];
};

const readable = Object.entries<Operation>(operations).filter(
  ([id, { method, path }]) => method === 'GET' && path.startsWith('/v1') && id !== 'events.follow',
);

describe('whoever does not see payloads', () => {
  it.each(readable)('sees none in %s', async (id, operation) => {
    let seen = 0;
    for (const path of pathsOf(operation)) {
      const response = await ask(blind, path);
      const text = await response.text();
      expect(text, path).not.toContain(MARKER);
      const rule = operation.access === 'public' ? 'none' : payloadRuleOf(id);
      if (rule === 'refused') {
        expect([response.status, (JSON.parse(text) as { code: string }).code]).toEqual([403, 'auth.payloads_hidden']);
      }
      if (rule === 'masked' && response.ok) {
        seen++;
        expect(text).toMatch(/"masked":true|"items":\[\]/);
      }
    }
    if (payloadRuleOf(id) === 'masked') expect(seen).toBe(pathsOf(operation).length);
  });

  it('sees what there is besides', async () => {
    const [run] = known['runs']!;
    const view = (await (await ask(blind, `/v1/runs/${run}`)).json()) as Record<string, unknown>;
    expect(view).toMatchObject({
      id: run,
      workflow: 'tell',
      status: 'succeeded',
      progress: { done: 1, total: 2 },
      masked: true,
    });
    const { items } = (await (await ask(blind, `/v1/runs/${run}/events`)).json()) as {
      items: { type: string; data: object }[];
    };
    expect(items.find(({ type }) => type === 'StepCompleted')!.data).toMatchObject({ step: 'kept', attempt: 1 });
  });

  it('is not told by searches either', async () => {
    const byQuery = await ask(blind, `/v1/schedules?parameter.text=${MARKER}`);
    const byBody = await ask(blind, '/v1/schedules/pause', {
      method: 'POST',
      body: JSON.stringify({ where: { parameters: { text: MARKER } } }),
    });
    for (const response of [byQuery, byBody]) {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'auth.payloads_hidden' });
    }
    expect((await ask(seeing, `/v1/schedules?parameter.text=${MARKER}`)).status).toBe(200);
  });

  it('may start runs, and does not learn what they return', async () => {
    const start = (key: string, workflow: string) =>
      ask(key, `/v1/workflows/${workflow}/runs?wait=20s`, {
        method: 'POST',
        body: JSON.stringify({ parameters: { text: `${MARKER} other` } }),
        headers: { 'idempotency-key': `${workflow}-once` },
      }).then((response) => response.text());
    // The second is the first one's kept answer.
    for (const text of [await start(blind, 'tell'), await start(blind, 'tell'), await start(blind, 'break')]) {
      expect(text).not.toContain(MARKER);
      expect(text).toContain('"masked":true');
    }
    expect(await start(seeing, 'tell')).toContain(MARKER);
  });

  it.each(['/v1/events?run=', '/v1/progress/'])('sees none in the stream %s', async (path) => {
    const stream = async (key: string): Promise<string> => {
      const response = await ask(key, path + known['runs']![0]!, { headers: { accept: 'text/event-stream' } });
      expect(response.status).toBe(200);
      return response.text();
    };
    expect(await stream(blind)).not.toContain(MARKER);
    expect(await stream(seeing)).toContain(MARKER);
  });
});

describe('whoever sees payloads', () => {
  it('finds the marker wherever it is hidden from others: the walk looked in the right places', async () => {
    const without: string[] = [];
    for (const [id, operation] of readable) {
      if (operation.access === 'public' || payloadRuleOf(id) === 'none') continue;
      const texts = await Promise.all(pathsOf(operation).map(async (path) => (await ask(seeing, path)).text()));
      if (!texts.some((text) => text.includes(MARKER))) without.push(id);
    }
    // Of these an answer says where payload could be, and in this world is none.
    expect(without.sort()).toEqual([
      ...['chains.get', 'chains.search', 'files.get', 'files.info', 'imports.errors', 'imports.errorsCsv'],
      ...['imports.get', 'imports.search', 'mailbox.get', 'webhooks.deliveries'],
    ]);
  });
});
