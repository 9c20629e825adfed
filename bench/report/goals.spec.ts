import { describe, expect, it } from 'vitest';
import type { EndpointFigures } from '../load/measure-endpoint.ts';
import { judge } from './goals.ts';
import { median, mediansOf, type Report } from './report.ts';

const round = (perSecond: number, p50Ms: number): EndpointFigures => ({
  busy: { count: 1, perSecond, p50Ms: 1, p99Ms: 1, errors: 0 },
  oneAtATime: { count: 1, perSecond: 1, p50Ms, p99Ms: 2 * p50Ms, errors: 0 },
});

describe('the figures of several rounds', () => {
  it('are their medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(mediansOf([round(100, 4), round(300, 6), round(200, 5)])).toEqual({
      runsPerSecond: 200,
      lowest: 100,
      highest: 300,
      p50Ms: 5,
      p99Ms: 10,
      errors: 0,
    });
  });
});

describe('the goals', () => {
  const peer = { version: '1', kind: 'workflow', settings: {} } as const;

  it('are judged for what was measured only', () => {
    expect(judge({} as Report)).toEqual([]);
  });

  it('compare with the engines of the same report', () => {
    const report = {
      threeSteps: [round(1_000, 5)],
      peers: [
        { ...peer, name: 'Restate', rounds: [round(250, 5)] },
        { ...peer, name: 'DBOS Transact', rounds: [round(200, 4)] },
      ],
    } as unknown as Report;

    expect(judge(report).map(({ isMet }) => isMet)).toEqual([true, true, false, false]);
  });
});
