import type { Progress } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { makeProgressLinks } from './progress-links.ts';

const id = '0193e5d0-0000-7000-8000-000000000001';
const other = '0193e5d0-0000-7000-8000-000000000002';

const open = (key = 'k'.repeat(32)) => {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const links = makeProgressLinks({
    readProgress: () => Promise.resolve({} as Progress),
    linkKey: () => Buffer.from(key),
    nowMs: () => clock.ms,
  });
  return { clock, links, make: (body?: unknown, of = id) => links.make(of, body, 'http://gateway') };
};

describe('a link to progress', () => {
  it('holds for a day unless it says otherwise, and opens to its id until then', async () => {
    const { links, clock, make } = open();
    const { url, token, expiresAt } = await make();
    expect(url).toBe(`http://gateway/v1/public/progress/${token}`);
    expect(expiresAt).toBe('2026-01-02T00:00:00.000Z');
    clock.ms = Date.parse(expiresAt) - 1;
    expect(links.open(token)).toBe(id);
    clock.ms += 1;
    expect(() => links.open(token)).toThrow(expect.objectContaining({ code: 'link.expired' }));
    expect((await make({ expiresIn: { days: 90 } })).expiresAt).toBe('2026-04-02T00:00:00.000Z');
  });

  it.each([{ expiresIn: { days: 91 } }, { expiresIn: { seconds: 0 } }, { expiresIn: 'soon' }, { until: 'then' }])(
    'is not made for %j',
    async (body) => {
      await expect(open().make(body)).rejects.toMatchObject({ code: 'request.invalid' });
    },
  );

  it('is worth nothing if one bit of it is changed, or another key has signed it', async () => {
    const { links, make } = open();
    const { token } = await make();
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => links.open(changed.toString('base64url'))).toThrow(
        expect.objectContaining({ code: 'link.invalid' }),
      );
    }
    const { token: stranger } = await open('x'.repeat(32)).make();
    const ofOther = Buffer.from((await make({}, other)).token, 'base64url');
    const mixed = Buffer.concat([ofOther.subarray(0, 22), bytes.subarray(22)]).toString('base64url');
    for (const wrong of [stranger, mixed, `${token}=`, token.slice(0, -1), '', '.', 'é'.repeat(72)]) {
      expect(() => links.open(wrong)).toThrow(expect.objectContaining({ code: 'link.invalid' }));
    }
  });
});
