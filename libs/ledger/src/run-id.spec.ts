import { describe, expect, it } from 'vitest';
import { derivedId, idTimeMs, itemRunId, newId } from './run-id.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const now = Date.UTC(2026, 10, 22, 12, 0, 0, 123);

describe('ids', () => {
  it('are version 7 UUIDs that hold their time', () => {
    for (const id of [newId(now), derivedId(now, 'x', 1), itemRunId(newId(now), 7)]) {
      expect(id).toMatch(uuidV7);
      expect(idTimeMs(id)).toBe(now);
    }
  });

  it('are new each time', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newId(now))).size).toBe(10_000);
  });

  it('follow from their cause', () => {
    expect(derivedId(now, 'change', '0/1', 'w')).toBe(derivedId(now, 'change', '0/1', 'w'));
    expect(derivedId(now, 'change', '0/1', 'w')).not.toBe(derivedId(now, 'change', '0/2', 'w'));
    expect(derivedId(now, 'a', 'bc')).not.toBe(derivedId(now, 'ab', 'c'));
  });

  it('of items sort as the items do', () => {
    const list = newId(now);
    const ids = [0, 1, 9, 10, 255, 256, 70_000, 5_000_000].map((index) => itemRunId(list, index));
    expect([...ids].sort()).toEqual(ids);
    expect(itemRunId(newId(now), 0)).not.toBe(itemRunId(newId(now), 0));
  });
});
