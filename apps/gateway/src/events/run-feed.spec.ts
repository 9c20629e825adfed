import type { RunFeedEvent } from '@nightshift/contracts';
import type { FollowOptions, StreamState } from '@nightshift/messaging';
import { describe, expect, it } from 'vitest';
import type { FeedEntry } from './feed-entry.ts';
import { makeRunFeed } from './run-feed.ts';

const text = (runId: string, version: number): string =>
  JSON.stringify({
    runId,
    version,
    type: 'RunStarted',
    at: '',
    workflow: 'mail',
    chainId: runId,
  } satisfies RunFeedEvent);

const fakeBus = () => {
  const followers: FollowOptions[] = [];
  const state: StreamState = { createdAt: new Date(1_000), firstSequence: 1, lastSequence: 40 };
  return {
    followers,
    state,
    ensureStreams: async () => {},
    streamState: async () => ({ ...state }),
    follow: async (_stream: unknown, options: FollowOptions) => {
      followers.push(options);
      // The last one of those that were there; what it says does not matter.
      options.onMessage({ sequence: state.lastSequence, subject: '', text: '', time: new Date(0) });
      return { close: async () => void followers.splice(followers.indexOf(options), 1) };
    },
    store: (sequence: number, runId: string, version = 1) => {
      for (const { onMessage } of [...followers])
        onMessage({ sequence, subject: '', text: text(runId, version), time: new Date(0) });
    },
  };
};

const listener = (runId?: string) => {
  const entries: FeedEntry[] = [];
  const resets: number[] = [];
  return {
    key: runId === undefined ? ('all' as const) : { by: 'run' as const, values: [runId] },
    entries,
    resets,
    onEntry: (entry: FeedEntry) => void entries.push(entry),
    onReset: () => void resets.push(entries.length),
  };
};

describe('the run feed of a process', () => {
  it('is read once for all, and hands over what comes from now on', async () => {
    const bus = fakeBus();
    const feed = makeRunFeed({ bus });
    const [one, all] = [listener('a'), listener()];
    await Promise.all([feed.listen(one), feed.listen(all)]);
    expect(bus.followers.map(({ from }) => from)).toEqual([{ sequence: 1 }]);
    bus.store(41, 'a');
    bus.store(42, 'b');
    expect(one.entries.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([[1_000, 41]]);
    expect(all.entries.map(({ event }) => event.runId)).toEqual(['a', 'b']);
    expect(feed.position).toEqual({ epoch: 1_000, sequence: 42 });
    await feed.close();
    expect(bus.followers).toEqual([]);
  });

  it('hands nothing to who has left', async () => {
    const bus = fakeBus();
    const feed = makeRunFeed({ bus });
    const gone = listener('a');
    (await feed.listen(gone)).close();
    bus.store(41, 'a');
    expect([gone.entries, feed.listenerCount]).toEqual([[], 0]);
    await feed.close();
  });

  it('holds what arrives of a stream made again until its epoch is known', async () => {
    const bus = fakeBus();
    const feed = makeRunFeed({ bus });
    const all = listener();
    await feed.listen(all);
    bus.store(41, 'a');
    bus.state.createdAt = new Date(2_000);
    bus.followers[0]!.onReset!();
    bus.store(1, 'b');
    expect(all.entries).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(all.resets).toEqual([1]);
    expect(all.entries.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
      [1_000, 41],
      [2_000, 1],
    ]);
    await feed.close();
  });

  it('passes over what is no run event', async () => {
    const bus = fakeBus();
    const feed = makeRunFeed({ bus });
    const all = listener();
    await feed.listen(all);
    for (const { onMessage } of bus.followers)
      onMessage({ sequence: 41, subject: '', text: 'hello', time: new Date(0) });
    expect(all.entries).toEqual([]);
    expect(feed.position.sequence).toBe(41);
    await feed.close();
  });
});
