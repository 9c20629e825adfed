import type { NewRunEvent, RunFeedEvent, RunRequested } from '@nightshift/contracts';
import { createClient } from '@nightshift/client';
import { newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { publishToFeed } from '../../apps/gateway/test/stand-in-executor.ts';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
const opened: AbortController[] = [];

beforeAll(async () => {
  gateway = await openTestGateway();
  for (const name of ['busy', 'quiet', 'long']) {
    await gateway.client.workflows.save(name, { workflow: name, do: [{ a: { set: 1 } }] });
    await gateway.client.workflows.publish(name);
  }
});
afterEach(() => {
  for (const controller of opened.splice(0)) controller.abort();
});
afterAll(() => gateway?.close());

interface Run {
  runId: string;
  requested: RunRequested;
}

const startRun = async (workflow: string, listId?: string): Promise<Run> => {
  const runId = newId(Date.now());
  const requested: RunRequested = {
    workflow,
    workflowVersion: 1,
    parameters: {},
    cause: listId ? { kind: 'list', listId, index: 0 } : { kind: 'api' },
    chainId: runId,
    iteration: 1,
    depth: 0,
  };
  await gateway.ledger.runs.request({ runId, at: new Date().toISOString(), requested });
  return { runId, requested };
};

/** Appends events to a run and puts them on the feed, unless told not to, in the executor's place. */
const advance = async (
  { runId, requested }: Run,
  from: number,
  events: NewRunEvent[],
  isPublished = true,
): Promise<void> => {
  await gateway.ledger.runs.append({ runId, expectedVersion: from, events, at: new Date().toISOString() });
  if (isPublished) publishToFeed(gateway.bus, requested, await gateway.ledger.runs.events(runId, from));
};

const steps = (count: number): NewRunEvent[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'StepCompleted', data: { step: `s${index}`, attempt: 1 } }));

const succeeded: NewRunEvent = { type: 'RunSucceeded', data: {} };

interface Seen {
  id: string | undefined;
  event: RunFeedEvent;
}

/** One connection, read by hand. Resolves when the gateway has answered. */
const follow = async (query: string, lastEventId?: string, url = gateway.url) => {
  const controller = new AbortController();
  opened.push(controller);
  const response = await fetch(`${url}/v1/events?${query}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: controller.signal,
  });
  const seen: Seen[] = [];
  const place = { lastEventId };
  let hasEnded = false;
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      const blocks = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const [id, data] = [field('id'), field('data')];
        if (id) place.lastEventId = id;
        if (data) seen.push({ id, event: JSON.parse(data) as RunFeedEvent });
      }
    }
    hasEnded = true;
  };
  const done = read().catch(() => {});
  return {
    response,
    seen,
    place,
    get hasEnded() {
      return hasEnded;
    },
    drop: async () => {
      controller.abort();
      await done;
    },
  };
};

const expectInOrderAndOnce = (events: RunFeedEvent[]): void => {
  const versions = new Map<string, number[]>();
  for (const { runId, version } of events) versions.set(runId, [...(versions.get(runId) ?? []), version]);
  for (const [runId, all] of versions) {
    expect(all, runId).toEqual(Array.from({ length: all.length }, (_, index) => all[0]! + index));
  }
};

describe('a run followed from the beginning', () => {
  it('shows its history, then what happens, and ends with it', async () => {
    const run = await startRun('quiet');
    await advance(run, 1, [{ type: 'RunStarted', data: {} }, ...steps(2)]);
    const stream = await follow(`run=${run.runId}`);
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.response.headers.get('cache-control')).toContain('no-cache');
    await waitFor(() => stream.seen.length === 4);
    await advance(run, 4, [...steps(1), succeeded]);
    await waitFor(() => stream.hasEnded);
    expect(stream.seen.map(({ event }) => event.version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stream.seen.every(({ id }) => id)).toBe(true);
    expect(stream.seen[0]?.event).toMatchObject({ type: 'RunRequested', workflow: 'quiet', chainId: run.runId });
    const again = await follow(`run=${run.runId}`, stream.place.lastEventId);
    expect(again.response.status).toBe(204);
  });

  it('fills from the ledger what the feed has lost', async () => {
    const run = await startRun('quiet');
    const stream = await follow(`run=${run.runId}`);
    await waitFor(() => stream.seen.length === 1);
    await advance(run, 1, [{ type: 'RunStarted', data: {} }, ...steps(3)], false);
    await advance(run, 5, steps(1));
    await waitFor(() => stream.seen.length === 6);
    expectInOrderAndOnce(stream.seen.map(({ event }) => event));
  });

  it('only with events of a type', async () => {
    const run = await startRun('quiet');
    const stream = await follow(`run=${run.runId}&type=StepCompleted`);
    await advance(run, 1, [{ type: 'RunStarted', data: {} }, ...steps(2), succeeded]);
    await waitFor(() => stream.hasEnded);
    expect(stream.seen.map(({ event }) => event.version)).toEqual([3, 4]);
  });
});

describe('many runs', () => {
  it('are filtered by workflow, list and type', async () => {
    const listId = newId(Date.now());
    await gateway.ledger.lists.admit({
      listId,
      at: new Date().toISOString(),
      workflow: 'busy',
      workflowVersion: 1,
      parameters: {},
      itemParameter: null,
      items: [1],
      startAt: null,
      intervalMs: null,
      concurrency: null,
      onComplete: null,
      parentRunId: null,
      depth: 0,
    });
    const byWorkflow = await follow('workflow=busy');
    const byList = await follow(`list=${listId}`);
    const byType = await follow('type=RunSucceeded');
    const [ofList, ofBusy, ofQuiet] = [await startRun('busy', listId), await startRun('busy'), await startRun('quiet')];
    for (const run of [ofList, ofBusy, ofQuiet]) await advance(run, 1, [{ type: 'RunStarted', data: {} }, succeeded]);
    await waitFor(() => byWorkflow.seen.length === 4 && byList.seen.length === 2 && byType.seen.length === 3);
    expect(byList.seen.every(({ event }) => event.listId === listId && event.runId === ofList.runId)).toBe(true);
    expect(byType.seen.every(({ event }) => event.type === 'RunSucceeded')).toBe(true);
    expect(new Set(byWorkflow.seen.map(({ event }) => event.workflow))).toEqual(new Set(['busy']));
  });

  it('a repeat on the feed is dropped', async () => {
    const stream = await follow('workflow=busy');
    const run = await startRun('busy');
    await advance(run, 1, steps(2));
    const [, first, second] = await gateway.ledger.runs.events(run.runId);
    const repeat = (id: string) => {
      const event = { ...second!, workflow: 'busy', chainId: run.runId };
      gateway.bus.publish(`ns.run.busy.${run.runId}.StepCompleted`, JSON.stringify(event), { id });
    };
    repeat('another id');
    await advance(run, 3, steps(1));
    await waitFor(() => stream.seen.length >= 3);
    expect(stream.seen.map(({ event }) => event.version)).toEqual([first!.version, 3, 4]);
  });
});

describe('a client that drops its connection ten times during 1,000 events', () => {
  const publishAll = async (
    runs: Run[],
    perRun: number,
    onProgress: (published: number) => Promise<void>,
  ): Promise<void> => {
    let published = 0;
    for (let version = 1; version <= perRun; version++) {
      for (const run of runs) await advance(run, version, version === perRun ? [succeeded] : steps(1));
      published += runs.length;
      await onProgress(published);
    }
  };

  it('sees each once, in order per run, from whichever gateway answers', async () => {
    const other = await gateway.openAnother();
    const urls = [gateway.url, other.url];
    const runs = await Promise.all(Array.from({ length: 50 }, () => startRun('long')));
    const all: RunFeedEvent[] = [];
    let stream = await follow('workflow=long');
    let drops = 0;
    await publishAll(runs, 20, async (published) => {
      if (published % 100 !== 0) return;
      drops++;
      await stream.drop();
      all.push(...stream.seen.map(({ event }) => event));
      // Dropped at any moment: some of what was sent has not arrived, and some happens while nobody listens.
      if (drops % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      stream = await follow('workflow=long', stream.place.lastEventId, urls[drops % 2]);
    });
    await waitFor(() => all.length + stream.seen.length >= 1_000, { describe: 'all 1,000 events' });
    await stream.drop();
    all.push(...stream.seen.map(({ event }) => event));
    expect(drops).toBe(10);
    expect(all).toHaveLength(1_000);
    expectInOrderAndOnce(all);
    expect(new Set(all.map(({ runId }) => runId)).size).toBe(50);
  });

  it('the client library does it by itself', async () => {
    const door = await openDoor(gateway.url);
    const client = createClient({ url: door.url, key: ADMIN_KEY });
    const controller = new AbortController();
    opened.push(controller);
    const run = await startRun('long');
    const versions: number[] = [];
    const reading = (async () => {
      for await (const { event } of client.events({ run: run.runId, signal: controller.signal }))
        versions.push(event.version);
    })();
    for (let version = 1; version < 100; version++) {
      await advance(run, version, version === 99 ? [succeeded] : steps(1));
      if (version % 33 === 0) door.slam();
    }
    await reading;
    expect(versions).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    await door.close();
  });
});

describe('a client that does not read', () => {
  const streams = async (): Promise<number> => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(/^nightshift_gateway_event_streams\S* (\d+)/m.exec(metrics)?.[1]);
  };

  it('is cut off, and costs the others nothing', async () => {
    await waitFor(async () => (await streams()) === 0);
    const { hostname, port } = new URL(gateway.url);
    const stalled = connect(Number(port), hostname).on('error', () => {});
    stalled.pause();
    stalled.write(`GET /v1/events?workflow=busy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`);
    const reader = await follow('workflow=busy');
    await waitFor(async () => (await streams()) === 2);
    const run = await startRun('busy');
    const large: NewRunEvent = { type: 'StepCompleted', data: { step: 's', attempt: 1, result: 'x'.repeat(60_000) } };
    let version = 1;
    while ((await streams()) === 2 && version < 1_000) await advance(run, version++, [large]);
    expect(version).toBeLessThan(1_000);
    await waitFor(() => reader.seen.length === version - 1);
    expectInOrderAndOnce(reader.seen.map(({ event }) => event));
    stalled.destroy();
  });
});

describe('a stream that was lost and made again', () => {
  it('costs a client that follows nothing', async () => {
    const run = await startRun('quiet');
    const [one, many] = [await follow(`run=${run.runId}`), await follow('workflow=quiet')];
    await advance(run, 1, [{ type: 'RunStarted', data: {} }]);
    await waitFor(() => one.seen.length === 2 && many.seen.length === 1);
    await gateway.bus.flush();

    await gateway.nats.stop();
    rmSync(gateway.nats.storageDirectory, { recursive: true, force: true });
    await advance(run, 2, steps(1), false);
    await gateway.nats.restart();
    await waitFor(() => gateway.bus.isConnected);
    await advance(run, 3, steps(1));
    await waitFor(() => one.seen.length === 4 && many.seen.length === 3, { timeoutMs: 15_000 });
    await many.drop();
    await advance(run, 4, [succeeded]);
    await waitFor(() => one.hasEnded);
    expect(one.seen.map(({ event }) => event.version)).toEqual([1, 2, 3, 4, 5]);
    const resumed = await follow('workflow=quiet', many.place.lastEventId);
    await waitFor(() => resumed.seen.length === 1);
    expect([...many.seen, ...resumed.seen].map(({ event }) => event.version)).toEqual([2, 3, 4, 5]);
  });
});

/** A way to the gateway that can be slammed shut: every connection breaks, the next one opens again. */
const openDoor = async (url: string): Promise<{ url: string; slam(): void; close(): Promise<void> }> => {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const slam = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    slam,
    close: async () => {
      slam();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
