import * as crypto from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { beginningOf, hashOfKey, hasRightChecksum, idOfKey, makeKeyText, matchKey } from './key-text.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual), hash: vi.fn(real.hash) };
});

const id = '0199d3a0-0000-7000-8000-0123456789ab';

describe('the text of a key', () => {
  it('says which key it is', () => {
    const text = makeKeyText(id);
    expect(text).toMatch(/^ns_0199d3a00000700080000123456789ab_/);
    expect(text.startsWith(beginningOf(id))).toBe(true);
    expect(text).toHaveLength(3 + 32 + 1 + 43 + 6);
    expect(idOfKey(text)).toBe(id);
    expect(hasRightChecksum(text)).toBe(true);
  });

  it('holds all of the 256 bits', () => {
    const most = makeKeyText(id, Buffer.alloc(32, 255));
    const last = makeKeyText(id, Buffer.concat([Buffer.alloc(31, 255), Buffer.of(254)]));
    expect(idOfKey(most)).toBe(id);
    expect(most).not.toBe(last);
    expect(makeKeyText(id)).not.toBe(makeKeyText(id));
  });

  it('shows a typing error wherever it is', () => {
    const text = makeKeyText(id);
    for (let at = 3; at < text.length; at++) {
      if (text[at] === '_') continue;
      const wrong = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1);
      expect(hasRightChecksum(wrong), wrong).toBe(false);
    }
  });

  it.each(['', 'ns_', 'ns_0_0', `ns_${'0'.repeat(32)}_${'!'.repeat(49)}`, `${makeKeyText(id)}0`])(
    'is not to be found in %j',
    (text) => expect(idOfKey(text)).toBeUndefined(),
  );
});

describe('a key', () => {
  const text = makeKeyText(id);
  const other = makeKeyText(id);
  const hashes = { hash: hashOfKey(text), previousHash: hashOfKey(other) };

  it('is matched by the hashes of now and of before', () => {
    expect(matchKey(text, hashes)).toBe('current');
    expect(matchKey(other, hashes)).toBe('previous');
    expect(matchKey(makeKeyText(id), hashes)).toBe('none');
    expect(matchKey(text, { ...hashes, previousHash: null })).toBe('current');
    expect(matchKey(text, undefined)).toBe('none');
  });

  it.each([
    ['right', text, hashes],
    ['that of before', other, hashes],
    ['wrong', makeKeyText(id), hashes],
    ['never rotated', makeKeyText(id), { ...hashes, previousHash: null }],
    ['unknown', makeKeyText(id), undefined],
  ])('is judged by one hash and two comparisons of equal length when it is %s', (_, presented, known) => {
    const { timingSafeEqual, hash } = vi.mocked(crypto);
    timingSafeEqual.mockClear();
    hash.mockClear();
    matchKey(presented, known);
    expect(hash).toHaveBeenCalledTimes(1);
    expect(timingSafeEqual.mock.calls.map((pair) => pair.map(({ byteLength }) => byteLength))).toEqual([
      [32, 32],
      [32, 32],
    ]);
  });
});
