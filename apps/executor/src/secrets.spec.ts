import { randomBytes } from 'node:crypto';
import { makeSecretCipher } from '@nightshift/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeReadSecrets, redact } from './secrets.ts';

afterEach(() => vi.restoreAllMocks());

describe('reading secrets', () => {
  const cipher = makeSecretCipher(randomBytes(32).toString('base64'));

  /** A ledger with these secrets, which counts how often each was read. */
  const ledgerWith = (secrets: Record<string, string>) => {
    const reads: string[][] = [];
    const sealed = async (names: string[]): Promise<Map<string, string>> => {
      reads.push(names);
      return new Map(
        names.filter((name) => name in secrets).map((name) => [name, cipher.seal(secrets[name]!)] as const),
      );
    };
    const ledger = { secrets: { sealed } } as unknown as Parameters<typeof makeReadSecrets>[0]['ledger'];
    return { ledger, reads, secrets };
  };

  const atMs = (ms: number): void => void vi.spyOn(performance, 'now').mockReturnValue(ms);

  it('opens those that are named, and keeps them for five seconds each', async () => {
    const { ledger, reads, secrets } = ledgerWith({ stripe: 'sk_1', mail: 'm4il' });
    const readSecrets = makeReadSecrets({ ledger, cipher });
    atMs(0);
    expect(await readSecrets(['stripe'])).toEqual({ stripe: 'sk_1' });
    secrets['stripe'] = 'sk_2';
    atMs(3_000);
    expect(await readSecrets(['stripe', 'mail'])).toEqual({ stripe: 'sk_1', mail: 'm4il' });
    expect(reads).toEqual([['stripe'], ['mail']]);
    atMs(5_000);
    expect(await readSecrets(['stripe', 'mail'])).toEqual({ stripe: 'sk_2', mail: 'm4il' });
    expect(reads).toEqual([['stripe'], ['mail'], ['stripe']]);
  });

  it('asks for nothing when nothing is named', async () => {
    const { ledger, reads } = ledgerWith({});
    expect(await makeReadSecrets({ ledger, cipher })([])).toEqual({});
    expect(reads).toEqual([]);
  });

  it('names the one that does not exist, and finds it once it does', async () => {
    const { ledger, secrets } = ledgerWith({ mail: 'm4il' });
    const readSecrets = makeReadSecrets({ ledger, cipher });
    await expect(readSecrets(['mail', 'stripe'])).rejects.toMatchObject({
      code: 'secret.not_found',
      message: 'There is no secret "stripe"',
    });
    secrets['stripe'] = 'sk_1';
    expect(await readSecrets(['mail', 'stripe'])).toEqual({ mail: 'm4il', stripe: 'sk_1' });
  });

  it('says that secrets cannot be read without the key', async () => {
    const { ledger } = ledgerWith({ mail: 'm4il' });
    const readSecrets = makeReadSecrets({ ledger, cipher: makeSecretCipher('') });
    await expect(readSecrets(['mail'])).rejects.toMatchObject({ code: 'secret.unavailable' });
  });
});

describe('redacting', () => {
  const secrets = { stripe: 'sk_live/4+2=?', quoted: 'a"b\\c\nd' };

  it('replaces secrets in texts and keys at any depth, and keeps the rest as it is', () => {
    const value = {
      status: 401,
      none: null,
      list: ['key sk_live/4+2=? and again sk_live/4+2=?', 7, { 'x-sk_live/4+2=?': true }],
    };
    expect(redact(value, secrets)).toEqual({
      status: 401,
      none: null,
      list: ['key [secret stripe] and again [secret stripe]', 7, { 'x-[secret stripe]': true }],
    });
    expect(value.list[0]).toContain('sk_live');
  });

  it.each([
    ['URL-encoded', `https://x.test/?key=${encodeURIComponent(secrets.stripe)}&a=1`],
    ['URL-encoded in lower case', `key=${encodeURIComponent(secrets.stripe).toLowerCase()}`],
    ['as a form', new URLSearchParams({ key: secrets.stripe }).toString()],
    ['escaped for JSON', JSON.stringify({ key: secrets.quoted })],
    ['in base64', Buffer.from(secrets.stripe).toString('base64')],
    ['in base64url', Buffer.from(secrets.stripe).toString('base64url')],
    ...['', 'u', 'us', 'usr', 'user'].map((user) => [
      `as the password of "${user}"`,
      `Basic ${Buffer.from(`${user}:${secrets.stripe}`).toString('base64')}`,
    ]),
    ['in the middle of base64', Buffer.from(`a${secrets.stripe}and more`).toString('base64')],
  ])('finds a secret %s', (_, text) => {
    const redacted = redact(text, secrets) as string;
    expect(redacted).toMatch(/\[secret (stripe|quoted)\]/);
    for (const secret of Object.values(secrets)) {
      expect(decodeURIComponent(redacted)).not.toContain(secret);
      for (const part of redacted.split(/[^A-Za-z0-9+/=_-]+/)) {
        expect(Buffer.from(part, 'base64').toString()).not.toContain(secret.slice(1, -1));
      }
    }
  });

  it('prefers the longer of two secrets of which one holds the other', () => {
    expect(redact('token-extended token', { short: 'token', long: 'token-extended' })).toBe(
      '[secret long] [secret short]',
    );
  });

  it('returns the very same value where there is nothing to replace', () => {
    const value = { list: [{ deep: 'innocent' }], number: 1 };
    expect(redact(value, secrets)).toBe(value);
    expect(redact(value, {})).toBe(value);
    const partly = { clean: value, dirty: secrets.stripe };
    expect((redact(partly, secrets) as typeof partly).clean).toBe(value);
  });

  it('leaves secrets of less than four characters alone', () => {
    expect(redact('a cab', { tiny: 'cab' })).toBe('a cab');
  });
});
