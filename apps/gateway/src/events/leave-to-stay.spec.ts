import { Failure } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../door/grant.ts';
import { makeLeaves } from './leave-to-stay.ts';

const grant: Grant = {
  caller: { kind: 'key', name: 'k' },
  role: 'viewer',
  starts: [],
  seesPayloads: true,
  rateLimit: null,
};

const leaveWith = (admit: () => Grant) => makeLeaves({ doorkeeper: { admit }, nowMs: () => 1_000 }).ofKey('Bearer k');
const refuse = (code: 'auth.wrong_key' | 'ledger.unavailable') => (): Grant => {
  throw new Failure(code);
};

describe('the leave to stay', () => {
  it('is there as long as the key is good for it', async () => {
    expect(await leaveWith(() => grant).isThere()).toBe(true);
    expect(await leaveWith(() => ({ ...grant, role: null })).isThere()).toBe(false);
    expect(await leaveWith(refuse('auth.wrong_key')).isThere()).toBe(false);
  });

  it('stays while nobody can be asked', async () => {
    expect(await leaveWith(refuse('ledger.unavailable')).isThere()).toBe(true);
  });

  it('by a link ends with the link', async () => {
    const { ofLink } = makeLeaves({ doorkeeper: { admit: () => grant }, nowMs: () => 1_000 });
    expect([await ofLink(1_001).isThere(), await ofLink(1_000).isThere()]).toEqual([true, false]);
  });
});
