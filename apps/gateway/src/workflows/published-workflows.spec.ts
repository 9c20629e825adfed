import type { WorkflowInfo } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { makePublishedWorkflows } from './published-workflows.ts';

const setUp = () => {
  const published: { version: number | null } = { version: 1 };
  const reads: string[] = [];
  const listeners: ((body: unknown) => void)[] = [];
  const reconnects: (() => void)[] = [];
  let now = 0;
  const find = async (name: string): Promise<WorkflowInfo | undefined> => {
    reads.push('find');
    return name === 'unknown' ? undefined : { name, version: 9, draft: false, publishedVersion: published.version };
  };
  const workflows = {
    find,
    version: async (workflow: string, version: number) => {
      reads.push('version');
      return { workflow, version, document: { workflow, do: [] } };
    },
  };
  const cache = makePublishedWorkflows({
    ledger: { workflows } as unknown as Parameters<typeof makePublishedWorkflows>[0]['ledger'],
    bus: {
      subscribe: (_subject, handler) => {
        listeners.push((body) => handler(body, ''));
        return { close: () => {} };
      },
      onReconnect: (listener) => {
        reconnects.push(listener);
        return () => {};
      },
    },
    nowMs: () => now,
  });
  return {
    cache,
    published,
    reads,
    hear: (body: unknown) => listeners.forEach((listener) => listener(body)),
    reconnect: () => reconnects.forEach((listener) => listener()),
    wait: (ms: number) => {
      now += ms;
    },
  };
};

describe('published workflows', () => {
  it('are read once, also by many at the same time', async () => {
    const { cache, reads } = setUp();
    const loaded = await Promise.all([cache.load('mail'), cache.load('mail')]);
    expect(loaded[0]).toBe(loaded[1]);
    expect(cache.get('mail')).toBe(loaded[0]);
    expect(reads).toEqual(['find', 'version']);
  });

  it.each([
    ['a publication', ({ hear }: ReturnType<typeof setUp>) => hear({ workflow: 'mail' })],
    ['a lost connection', ({ reconnect }: ReturnType<typeof setUp>) => reconnect()],
    ['five seconds', ({ wait }: ReturnType<typeof setUp>) => wait(5_000)],
    ['an own publication', ({ cache }: ReturnType<typeof setUp>) => cache.forget('mail')],
  ])('are read again after %s, and compiled again only if the version is another', async (_what, happen) => {
    const all = setUp();
    const first = await all.cache.load('mail');
    happen(all);
    expect(all.cache.get('mail')).toBeUndefined();
    expect(await all.cache.load('mail')).toBe(first);
    happen(all);
    all.published.version = 2;
    expect((await all.cache.load('mail')).version).toBe(2);
  });

  it('are not kept if they were published while they were read', async () => {
    const { cache, hear } = setUp();
    const loading = cache.load('mail');
    hear({ workflow: 'mail' });
    await loading;
    expect(cache.get('mail')).toBeUndefined();
  });

  it('say what is not there and what is not published', async () => {
    const { cache, published } = setUp();
    await expect(cache.load('unknown')).rejects.toMatchObject({ code: 'workflow.not_found' });
    published.version = null;
    await expect(cache.load('mail')).rejects.toMatchObject({ code: 'workflow.not_published' });
    expect((await cache.loadNewest('mail')).version).toBe(9);
  });
});
