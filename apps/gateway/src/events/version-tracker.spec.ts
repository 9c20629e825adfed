import { describe, expect, it } from 'vitest';
import { makeVersionTracker } from './version-tracker.ts';

describe('the versions that a client has seen', () => {
  it('tell repeats and gaps from what comes next', () => {
    const tracker = makeVersionTracker();
    expect(tracker.judge('a', 5)).toBe('next');
    tracker.saw('a', 5, false);
    expect([4, 5, 6, 7].map((version) => tracker.judge('a', version))).toEqual(['repeat', 'repeat', 'next', 'gap']);
    expect(tracker.judge('b', 1)).toBe('next');
  });

  it('are forgotten of the run that has not moved for longest', () => {
    const tracker = makeVersionTracker(2);
    tracker.saw('a', 1, false);
    tracker.saw('b', 1, false);
    tracker.saw('a', 2, false);
    tracker.saw('c', 1, false);
    expect([tracker.last('a'), tracker.last('b'), tracker.last('c')]).toEqual([2, 0, 1]);
  });

  it('know which runs are under way, the latest first', () => {
    const tracker = makeVersionTracker();
    tracker.saw('a', 1, false);
    tracker.saw('b', 1, false);
    tracker.saw('c', 3, true);
    expect(tracker.underWay(10)).toEqual(['b', 'a']);
    expect(tracker.underWay(1)).toEqual(['b']);
  });
});
