import { describe, expect, it } from 'vitest';
import { formatPosition, parsePosition } from './event-position.ts';

describe('an event id', () => {
  it.each([
    { epoch: 1_700_000_000_000, sequence: 12 },
    { epoch: 1_700_000_000_000, sequence: 12, version: 3 },
  ])('survives the way to the client and back: %o', (position) => {
    expect(parsePosition(formatPosition(position))).toEqual(position);
  });

  it.each([undefined, '', 'x', '1', '1-', '1-2-3-4', '-1-2', '1-2\n'])('of another kind is none: %j', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });
});
