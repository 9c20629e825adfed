import { nextOccurrences } from '@nightshift/workflow-core';
import { describe, expect, it } from 'vitest';
import { newestMissed, type NextOccurrences } from './newest-missed.ts';

const at = (text: string): Date => new Date(`2026-03-${text}Z`);

describe('newestMissed', () => {
  it('is the planned moment itself when no other has come', () => {
    const found = newestMissed(nextOccurrences, { every: { hours: 1 } }, at('02T10:00:00'), at('02T10:00:01'));
    expect(found).toEqual({ plannedAt: at('02T10:00:00'), nextAt: at('02T11:00:00') });
  });

  it('counts a moment that comes just now', () => {
    const found = newestMissed(nextOccurrences, { every: { hours: 1 } }, at('02T10:00:00'), at('02T11:00:00'));
    expect(found).toEqual({ plannedAt: at('02T11:00:00'), nextAt: at('02T12:00:00') });
  });

  it('finds the newest of a week of seconds with few questions', () => {
    let questions = 0;
    const counted: NextOccurrences = (...request) => {
      questions++;
      return nextOccurrences(...request);
    };
    const found = newestMissed(counted, { every: { seconds: 1 } }, at('02T10:00:00'), at('09T10:00:00'));
    expect(found).toEqual({ plannedAt: at('09T10:00:00'), nextAt: at('09T10:00:01') });
    expect(questions).toBeLessThan(100);
  });

  it('finds it in a calendar with long gaps', () => {
    // Every second from 9 to 10 on Mondays; the 2nd and the 9th are Mondays, now is the Sunday after.
    const found = newestMissed(nextOccurrences, { cron: '* * 9 * * 1' }, at('02T09:00:00'), at('15T12:00:00'));
    expect(found).toEqual({ plannedAt: at('09T09:59:59'), nextAt: at('16T09:00:00') });
  });

  it('has none after the last moment of a calendar', () => {
    const once: NextOccurrences = () => [];
    expect(newestMissed(once, {}, at('02T09:00:00'), at('15T12:00:00'))).toEqual({
      plannedAt: at('02T09:00:00'),
      nextAt: undefined,
    });
  });
});
