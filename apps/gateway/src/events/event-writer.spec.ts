import type { RunEvent, RunFeedEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { EventFilter } from './event-filter.ts';
import { makeEventWriter } from './event-writer.ts';
import type { FeedEntry } from './feed-entry.ts';

const feedEvent = (version: number, type: RunFeedEvent['type'] = 'StepCompleted', runId = 'run-1'): RunFeedEvent => ({
  runId,
  version,
  type,
  at: '2026-01-01T00:00:00.000Z',
  workflow: 'mail',
  chainId: runId,
});

const entry = (sequence: number, event: RunFeedEvent): FeedEntry => ({
  epoch: 1,
  sequence,
  event,
  text: JSON.stringify(event),
});

const open = (filter: EventFilter, ledgerVersions: number[] = []) => {
  const written: string[] = [];
  const marks: string[] = [];
  let hasEnded = false;
  const outlet = {
    event: (type: string, text: string, id: string | undefined) =>
      written.push(`${(JSON.parse(text) as RunFeedEvent).version} ${type} ${id ?? '-'}`),
    mark: (id: string) => marks.push(id),
    gap: () => {},
    isFull: false,
    isClosed: false,
    drained: () => Promise.resolve(),
    end: () => {
      hasEnded = true;
    },
    cut: () => {},
  };
  const events = async (runId: string, after = 0): Promise<RunEvent[]> =>
    ledgerVersions
      .filter((version) => version > after)
      .map((version) => ({ ...feedEvent(version), runId, data: {} }) as RunEvent);
  const ledger = { runs: { events } } as unknown as Parameters<typeof makeEventWriter>[0]['ledger'];
  const writer = makeEventWriter({ ledger, outlet, filter, seesPayloads: true, position: { epoch: 1, sequence: 10 } });
  return { writer, written, marks, hasEnded: () => hasEnded };
};

describe('the writer of one client', () => {
  it('passes over what is before its position', async () => {
    const { writer, written } = open({});
    await writer.take(entry(10, feedEvent(1)));
    await writer.take(entry(11, feedEvent(2)));
    expect(written).toEqual(['2 StepCompleted 1-11']);
  });

  it('drops a repeat and tells the place', async () => {
    const { writer, written, marks } = open({});
    await writer.take(entry(11, feedEvent(1)));
    await writer.take(entry(12, feedEvent(1)));
    expect([written, marks]).toEqual([['1 StepCompleted 1-11'], ['1-12']]);
  });

  it('fills a gap from the ledger, without places of its own', async () => {
    const { writer, written } = open({}, [1, 2, 3, 4, 5]);
    await writer.take(entry(11, feedEvent(1)));
    await writer.take(entry(12, feedEvent(4)));
    expect(written).toEqual(['1 StepCompleted 1-11', '2 StepCompleted -', '3 StepCompleted -', '4 StepCompleted 1-12']);
  });

  it('gives every event of one followed run a place, and ends with it', async () => {
    const { writer, written, hasEnded } = open({ runId: 'run-1' }, [1, 2]);
    await writer.fill(feedEvent(1));
    await writer.take(entry(11, feedEvent(3, 'RunSucceeded')));
    expect(written).toEqual(['1 StepCompleted 1-10-1', '2 StepCompleted 1-10-2', '3 RunSucceeded 1-11-3']);
    expect(hasEnded()).toBe(true);
  });

  it('sees gaps through a filter by type', async () => {
    const { writer, written } = open({ workflows: ['mail'], types: new Set(['RunSucceeded'] as const) }, [1, 2, 3]);
    await writer.take(entry(11, feedEvent(1)));
    await writer.take(entry(12, feedEvent(4, 'RunSucceeded')));
    expect(written).toEqual(['4 RunSucceeded 1-12']);
    expect(writer.lastVersion('run-1')).toBe(4);
  });
});
