import { operations, type Operation, type OperationId } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { createClient, type Client } from './create-client.ts';

/** What no method is made for: others than users of the client ask for it. */
const exceptions: ReadonlySet<string> = new Set<OperationId>([
  // Who sends these signs them, and has no client.
  'eventSources.receive',
  // For whoever was given a link.
  'endpoints.answer',
  'events.public',
  // For pages, which follow events with what they have: `new WebSocket(…)`.
  'events.socket',
  // For browsers, orchestrators and Prometheus.
  'platform.openapi',
  'platform.docs',
  'platform.docsAsset',
  'platform.health',
  'platform.readiness',
  'platform.metrics',
]);

type Ask = (client: Client) => unknown;

/** Reads the first of what is followed or paged. */
const first = async (iterable: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of iterable) return;
};

/**
 * Operations whose method has another name than they, or takes more than the parts of its path and a body. All others are found by their
 * name: `runs.cancel` is `client.runs.cancel(id)`.
 */
const asked: Readonly<Record<string, Ask>> = {
  'deadLetters.redriveMany': (client) => client.deadLetters.redriveAll(),
  'endpoints.call': (client) => client.wf('p1'),
  'endpoints.callDraft': (client) => client.wf('p1', {}, { draft: true }),
  'endpoints.callBelow': (client) => client.wf('p1', {}, { path: ['*'] }),
  'endpoints.callDraftBelow': (client) => client.wf('p1', {}, { draft: true, path: ['*'] }),
  'events.follow': (client) => first(client.events()),
  'events.link': (client) => client.events.link({}),
  'events.send': (client) => client.sendEvent({ id: '1', source: '/test', type: 'tested' }),
  'files.get': (client) => client.files.download('p1'),
  'files.public': (client) => client.files.shared('p1'),
  'files.upload': (client) => client.files.upload('content'),
  'imports.errorsCsv': (client) => client.imports.errorsCsv('p1'),
  'lists.failures': (client) => client.lists.failuresCsv('p1'),
  'lists.retryItem': (client) => client.lists.retryItem('p1', 'p2' as never),
  'lists.skipItem': (client) => client.lists.skipItem('p1', 'p2' as never),
  'progress.public': (client) => client.progress.shared('p1'),
  'recurrences.preview': (client) => client.recurrences.preview({ every: { seconds: 1 } }),
  'schedules.search': (client) => client.schedules.list(),
  'secrets.set': (client) => client.secrets.put('p1', 'value'),
  'things.import': (client) => client.imports.upload('p1', { csv: 'name\nAda' }),
  'workflows.version': (client) => client.workflows.version('p1', 'p2' as never),
};

/** Words for the same, in operations and in the client. */
const synonyms: Readonly<Record<string, string>> = { remove: 'delete', set: 'put' };

/** The method that is named as the operation is, called with `p1`, `p2`… for the parts of its path and something for a body. */
const byName = (client: Client, id: string, { path }: Operation): Promise<unknown> | undefined => {
  const [room = '', name = ''] = id.split('.');
  const methods = (client as unknown as Record<string, Record<string, unknown> | undefined>)[room];
  const method = methods?.[name] ?? methods?.[synonyms[name] ?? ''];
  const parts = [...path.matchAll(/\{\w+\}/g)].map((_, index) => `p${index + 1}`);
  return typeof method === 'function'
    ? (method as (...given: unknown[]) => Promise<unknown>)(...parts, {}, {})
    : undefined;
};

/** What a call asks for, whatever it makes of the answer. */
const requestOf = async (ask: Ask): Promise<{ method: string; path: string } | undefined> => {
  let request: { method: string; path: string } | undefined;
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    request = { method: init.method ?? 'GET', path: new URL(String(url)).pathname };
    return new Response('{"items":[]}', { status: 200 });
  };
  const client = createClient({ url: 'http://gateway', fetch: fetch as typeof globalThis.fetch, retries: 0 });
  const asking = Promise.resolve(ask(client)).catch(() => undefined);
  // What is followed goes on for ever.
  while (request === undefined && (await Promise.race([asking.then(() => 'ended'), soon()])) !== 'ended');
  return request;
};
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

const withParts = (path: string): string => {
  let index = 0;
  return path.replace(/\{\w+\}/g, () => `p${++index}`);
};

describe('every operation has a method that asks for it', () => {
  const all = Object.entries<Operation>(operations).filter(([id]) => !exceptions.has(id));

  it.each(all)('%s', async (id, operation) => {
    let isThere = true;
    const request = await requestOf((client) => {
      const asking = asked[id]?.(client) ?? byName(client, id, operation);
      isThere = asking !== undefined;
      return asking;
    });
    const help = `client.${id}(…) is missing: add it to libs/client/src/parts, or to the table or the exceptions of operations.spec.ts`;
    expect(isThere, help).toBe(true);
    const method = operation.method === 'ANY' ? 'POST' : operation.method;
    expect(request, `what client.${id}(…) asks for`).toEqual({ method, path: withParts(operation.path) });
  });

  it('and the table names none that is gone', () => {
    const there = new Set(Object.keys(operations));
    expect([...Object.keys(asked), ...exceptions].filter((id) => !there.has(id))).toEqual([]);
  });
});
