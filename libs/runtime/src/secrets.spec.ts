import { randomBytes } from 'node:crypto';
import { compileSchema } from '@nightshift/contracts';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { makeSecretCipher, secretsConfig } from './secrets.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const unavailable = (detail: RegExp) =>
  expect.objectContaining({ code: 'secret.unavailable', message: expect.stringMatching(detail) });

it.each(['s3cret', '', 'ü – 密', 'a\nb\0c', 'x'.repeat(100_000)])('opens what it sealed: %j', (plain) => {
  const cipher = makeSecretCipher(newKey());
  const sealed = cipher.seal(plain);
  expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/);
  expect(cipher.open(sealed)).toBe(plain);
});

it('seals the same text differently each time, and never as it stands', () => {
  const cipher = makeSecretCipher(newKey());
  const texts = [cipher.seal('correct horse'), cipher.seal('correct horse')];
  expect(texts[0]).not.toBe(texts[1]);
  for (const text of texts) expect(Buffer.from(text.split('.')[3]!, 'base64url').toString()).not.toContain('horse');
});

it('takes a key in base64url as well', () => {
  const key = randomBytes(32);
  const sealed = makeSecretCipher(key.toString('base64')).seal('same');
  expect(makeSecretCipher(key.toString('base64url')).open(sealed)).toBe('same');
});

it('refuses what was sealed with another key', () => {
  const sealed = makeSecretCipher(newKey()).seal('s3cret');
  expect(() => makeSecretCipher(newKey()).open(sealed)).toThrow(unavailable(/another NIGHTSHIFT_SECRETS_KEY/));
});

it('refuses what was changed, in any of its parts', () => {
  const cipher = makeSecretCipher(newKey());
  const parts = cipher.seal('s3cret').split('.');
  for (const index of [1, 2, 3]) {
    const bytes = Buffer.from(parts[index]!, 'base64url');
    bytes[0]! ^= 1;
    const changed = parts.with(index, bytes.toString('base64url')).join('.');
    expect(() => cipher.open(changed), `part ${index}`).toThrow(unavailable(/changed/));
  }
});

it.each(['', 'plain', 'v2.a.b.c', 'v1.a.b.c', 'v1..'])('refuses a form that it does not know: %j', (text) => {
  expect(() => makeSecretCipher(newKey()).open(text)).toThrow(unavailable(/does not know/));
});

it('refuses a key of another length, and does not show it', () => {
  const short = Buffer.from('too short').toString('base64');
  expect(() => makeSecretCipher(short)).toThrow(unavailable(/32 bytes in base64, and is 9 bytes/));
  expect(() => makeSecretCipher(short)).not.toThrow(new RegExp(short));
});

it('refuses everything without a key', () => {
  const cipher = makeSecretCipher('');
  expect(() => cipher.seal('s3cret')).toThrow(unavailable(/NIGHTSHIFT_SECRETS_KEY/));
  expect(() => cipher.open('v1.a.b.c')).toThrow(unavailable(/NIGHTSHIFT_SECRETS_KEY/));
});

it('accepts as configuration exactly what the cipher takes', () => {
  const check = compileSchema(Type.Object(secretsConfig));
  const isAccepted = (key: string): boolean => check({ NIGHTSHIFT_SECRETS_KEY: key }).ok;
  for (let round = 0; round < 50; round++) {
    expect(isAccepted(newKey())).toBe(true);
    expect(isAccepted(randomBytes(32).toString('base64url'))).toBe(true);
  }
  expect(isAccepted('')).toBe(true);
  expect(isAccepted(randomBytes(31).toString('base64'))).toBe(false);
  expect(isAccepted(randomBytes(33).toString('base64'))).toBe(false);
  expect(isAccepted('secret')).toBe(false);
});
