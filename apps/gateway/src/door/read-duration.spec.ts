import { durationMs } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { readDuration, readWait, WAIT_MAX_MS } from './read-duration.ts';

describe('readDuration', () => {
  it.each([
    ['10s', 10_000],
    ['250ms', 250],
    ['10', 10_000],
    ['1.5m', 90_000],
    ['PT1M30S', 90_000],
    ['P1D', 86_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(durationMs(readDuration('wait', text))).toBe(ms);
  });

  it.each(['', 'soon', '-1s', '10 s', 'P', '1y'])('refuses %j, naming the parameter', (text) => {
    expect(() => readDuration('wait', text)).toThrow(
      expect.objectContaining({
        code: 'request.invalid',
        details: expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/wait' })] }),
      }),
    );
  });
});

describe('readWait', () => {
  it('is nothing if nobody waits, and never more than the most', () => {
    expect(readWait({})).toBeUndefined();
    expect(readWait({ wait: '10d' })).toBe(WAIT_MAX_MS);
  });

  it.each([{ wait: ['1s', '2s'] }, { waits: '1s' }])('refuses %j', (query) => {
    expect(() => readWait(query)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
});
