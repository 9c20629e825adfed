import { createClient, NightshiftUnavailable, RunFailed, type Client } from '@nightshift/client';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFlakyDoor, type Fault, type FlakyDoor } from './flaky-door.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let door: FlakyDoor;
/** As users open it, on the other side of a door that spoils requests. */
let client: Client;

beforeAll(async () => {
  platform = await openTestPlatform();
  door = await openFlakyDoor(platform.url);
  client = createClient({ url: door.url, key: platform.adminKey });
  const parameters = { type: 'object', properties: { n: {} } };
  await platform.publish('count', { parameters, do: [{ made: { set: '=parameters.n' } }], return: '=made' });
  await platform.publish('refuse', {
    do: [{ no: { raise: { type: 'order.sold_out', title: 'Sold out', detail: 'There is none left', status: 409 } } }],
  });
  await platform.publish('gated', {
    parameters: { type: 'object', properties: { gate: { type: 'string' } } },
    do: [
      { first: { set: 1 } },
      { open: { waitFor: { event: 'gate.opened', key: '=parameters.gate' } } },
      { last: { set: 2 } },
    ],
    return: { gate: '=parameters.gate' },
  });
  await platform.publish('count-down', {
    parameters: { type: 'object', properties: { left: { type: 'integer' } } },
    do: [
      {
        next: {
          if: 'parameters.left > 1',
          schedule: {
            workflow: 'count-down',
            in: { milliseconds: 1 },
            parameters: { left: '=parameters.left - 1' },
          },
        },
      },
    ],
  });
  await client.types.declare('notes', { text: { kind: 'text' } });
});
beforeEach(() => {
  door.expect();
  door.asked.length = 0;
});
afterAll(async () => {
  await door?.close();
  await platform?.close();
});

let opened = 0;
const open = (gate: string) =>
  platform.client.sendEvent({ id: `gate-${++opened}`, source: '/test', type: 'gate.opened', subject: gate });

describe('behind a door that spoils requests', () => {
  const spoiled: [string, Fault[]][] = [
    ['whose answer is lost', ['lose']],
    ['that does not arrive', ['cut']],
    ['that is refused by a proxy', ['refuse']],
    ['that meets everything', ['refuse', 'lose', 'cut']],
  ];

  it.each(spoiled)('a start %s is one run', async (name, faults) => {
    door.expect(...faults);
    const { runId } = await client.runs.start('count', { n: name });
    expect(door.asked).toHaveLength(faults.length + 1);
    const rows = await platform.query<{ id: string }>(
      `SELECT run_id AS id FROM nightshift.run_events WHERE version = 1 AND data -> 'parameters' ->> 'n' = $1`,
      [name],
    );
    expect(rows).toEqual([{ id: runId }]);
  });

  it('things, schedules and lists are made once', async () => {
    door.expect('lose');
    await client.things.create('notes', { text: 'one' });
    door.expect('lose');
    await client.schedule('count', { in: { days: 1 }, key: 'tomorrow' });
    door.expect('lose');
    const items = async function* () {
      for (let n = 0; n < 2_000; n++) yield n;
    };
    const list = await client.startList('count', { items: () => items(), as: 'n', startAt: '2999-01-01T00:00:00Z' });
    expect(list.total).toBe(2_000);
    expect((await client.things.search('notes')).items).toHaveLength(1);
    expect((await client.schedules.list({ workflow: 'count' })).items).toHaveLength(1);
    expect((await client.lists.search({ workflow: 'count' })).items).toHaveLength(1);
    await list.cancel();
  });

  it('a stream that cannot be made again is sent once', async () => {
    door.expect('cut');
    const items = async function* () {
      yield 1;
    };
    await expect(client.startList('count', { items: items(), as: 'n' })).rejects.toThrow(NightshiftUnavailable);
    expect(door.asked).toHaveLength(1);
  });

  it('without retries there is an error, which says what to do', async () => {
    door.expect('cut');
    await expect(client.with({ retries: 0 }).runs.search()).rejects.toMatchObject({
      code: 'client.unreachable',
      message: expect.stringContaining('Is the gateway running') as string,
    });
    expect(door.asked).toHaveLength(1);
  });
});

describe('a run that is held', () => {
  it('has its result when it ends, though every connection breaks meanwhile', async () => {
    const run = await client.start('gated', { gate: 'a' });
    const result = run.result();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { event } of run.events()) seen.push(event.type);
    })();
    await waitFor(() => seen.includes('WaitStarted'));
    door.expect('refuse', 'cut', 'refuse', 'cut');
    door.slam();
    await waitFor(() => door.asked.length >= 6);
    await open('a');
    expect(await result).toEqual({ gate: 'a' });
    await following;
    expect(seen.filter((type) => type === 'RunSucceeded')).toHaveLength(1);
    expect(seen).toHaveLength((await platform.client.runs.events(run.id)).length);
  });

  it('throws why there is no result', async () => {
    const failing = await client.start('refuse');
    const error: unknown = await failing.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunFailed);
    expect(error).toMatchObject({ code: 'order.sold_out', runId: failing.id, runStatus: 'failed' });
    expect((error as RunFailed).message).toContain('There is none left');

    const cancelled = await client.start('gated', { gate: 'never' });
    await cancelled.cancel({ reason: 'not needed' });
    await expect(cancelled.result()).rejects.toMatchObject({ code: 'run.cancelled', runStatus: 'cancelled' });
    await expect(client.handles.run('01900000-0000-7000-8000-000000000000').result()).rejects.toMatchObject({
      code: 'run.not_found',
    });
  });

  it('goes on when nobody waits any longer', async () => {
    const run = await client.start('gated', { gate: 'b' });
    await expect(run.result({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'client.timeout' });
    await expect(run.result({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    await open('b');
    expect(await run.result()).toEqual({ gate: 'b' });
  });

  it('can be scheduled, moved and paused', async () => {
    const run = await client.schedule('gated', { in: { days: 1 }, parameters: { gate: 'c' } });
    expect(Date.parse(run.dueAt)).toBeGreaterThan(Date.now());
    await run.move({ in: { milliseconds: 1 } });
    await waitFor(async () => (await run.get()).status === 'waiting');
    await run.pause();
    await open('c');
    expect((await run.get()).status).toBe('paused');
    await run.resume();
    expect(await run.result()).toEqual({ gate: 'c' });
  });
});

describe('many runs', () => {
  it('of a list have one progress, and one end', async () => {
    const list = await client.startList('count', { items: [1, 2, 3], as: 'n' });
    let last = -1;
    for await (const { done } of list.progress()) {
      expect(done).toBeGreaterThanOrEqual(last);
      last = done;
    }
    expect(last).toBe(3);
    expect(await list.done()).toMatchObject({ status: 'succeeded', total: 3, succeeded: 3 });
    const items = [];
    for await (const { status } of list.items()) items.push(status);
    expect(items).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('of a chain too', async () => {
    const { id } = await client.start('count-down', { left: 3 });
    expect(await client.handles.chain(id).done()).toMatchObject({ kind: 'chain', status: 'succeeded', done: 3 });
  });

  it('an import counts its rows, and names those that were refused', async () => {
    const { id } = await client.imports.upload('notes', { csv: 'text\na\nb\n' });
    const held = client.handles.import(id);
    expect(await held.done()).toMatchObject({ kind: 'import', done: 2 });
    for await (const error of held.errors()) expect(error).toBeUndefined();
  });

  it('are found page after page, each once', async () => {
    const ids = new Set<string>();
    for (let n = 0; n < 7; n++) ids.add((await client.start('count', { n })).id);
    const found: string[] = [];
    for await (const { id } of client.runs.all({ workflow: 'count', limit: 2 })) if (ids.has(id)) found.push(id);
    expect(found.toSorted()).toEqual([...ids].toSorted());
    expect(door.asked.filter((asked) => asked.includes('cursor=')).length).toBeGreaterThan(2);
    const things = [];
    for await (const { text } of client.things.all('notes', { limit: 1, sort: ['text'] })) things.push(text);
    expect(things).toEqual(['a', 'b', 'one']);
  });
});

describe('events', () => {
  it('are all there from the moment that the connection stands', async () => {
    const events = await client.events({ workflow: 'count' }).opened();
    const { id } = await client.start('count');
    for await (const { event } of events) {
      expect(event.runId).toBe(id);
      expect(event.type).toBe('RunRequested');
      break;
    }
    await expect(client.events({ run: '01900000-0000-7000-8000-000000000000' }).opened()).rejects.toMatchObject({
      code: 'run.not_found',
    });
  });

  it('are gone on with behind the place that was kept, at another gateway', async () => {
    const run = await client.start('gated', { gate: 'd' });
    const [seen, places]: [number[], (string | undefined)[]] = [[], []];
    for await (const { id, event } of run.events()) {
      seen.push(event.version);
      places.push(id);
      if (seen.length === 2) break;
    }
    const elsewhere = createClient({ url: await platform.openGateway(), key: platform.adminKey });
    await open('d');
    for await (const { event } of elsewhere.handles.run(run.id).events({ lastEventId: places.at(-1)! }))
      seen.push(event.version);
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });

  it('can be left while one is waited for', async () => {
    const events = await client
      .events({ workflow: 'nothing-of-it' })
      .opened()
      .catch(() => client.events());
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toMatchObject({ done: true });
  });
});
