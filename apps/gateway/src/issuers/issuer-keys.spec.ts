import { Failure } from '@nightshift/contracts';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeIssuerKeys, type IssuerKeys } from './issuer-keys.ts';

const minutes = (count: number): number => count * 60_000;
const token = { payload: '', signature: '' };

let jwks: Record<string, JWK>;
let nowMs: number;
let fetched: string[];
let published: string[];
let isAway: boolean;
let keys: IssuerKeys;

/** Whether there is such a key, or what is thrown. */
const find = (kid: string): Promise<string> =>
  keys.find({ alg: 'ES256', kid }, token).then(
    () => 'found',
    (error: { code: string }) => error.code,
  );
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeAll(async () => {
  jwks = {};
  for (const kid of ['one', 'two']) {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    jwks[kid] = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  }
});

const open = (issuer: { issuer: string; jwksUrl?: string }, document?: Record<string, unknown>): IssuerKeys =>
  makeIssuerKeys({
    issuer,
    nowMs: () => nowMs,
    fetchJson: (url) => {
      fetched.push(url);
      if (isAway) return Promise.reject(new Failure('auth.issuer_unavailable'));
      if (url.endsWith('configuration')) return Promise.resolve(document ?? {});
      return Promise.resolve({ keys: published.map((kid) => jwks[kid]) });
    },
  });

beforeEach(() => {
  nowMs = 1_000_000;
  fetched = [];
  published = ['one'];
  isAway = false;
  keys = open({ issuer: 'https://a.example', jwksUrl: 'https://a.example/keys' });
});

describe('the keys of an issuer', () => {
  it('are fetched once for all who ask', async () => {
    expect(await Promise.all([find('one'), find('one'), find('one')])).toEqual(['found', 'found', 'found']);
    expect(await find('one')).toBe('found');
    expect(fetched).toEqual(['https://a.example/keys']);
  });

  it('are fetched again for one that is new, and not for each that is made up', async () => {
    await find('one');
    published = ['two'];
    nowMs += 29_999;
    expect(await find('two')).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(fetched).toHaveLength(1);
    nowMs += 1;
    expect(await find('two')).toBe('found');
    for (let made = 0; made < 50; made++) expect(await find(`made up ${made}`)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(fetched).toHaveLength(2);
    expect(await find('one')).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  it('are fetched again on the side, so that one that is withdrawn ends', async () => {
    await find('one');
    published = [];
    nowMs += minutes(5);
    expect(await find('one')).toBe('found');
    await settled();
    expect(await find('one')).toBe('ERR_JWKS_NO_MATCHING_KEY');

    published = ['one'];
    nowMs += minutes(10);
    expect(await find('one')).toBe('found');
    published = [];
    nowMs += minutes(10);
    expect(await find('one')).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  it('go on for a day while their issuer is away, which is asked every 5 s at most', async () => {
    await find('one');
    isAway = true;
    nowMs += minutes(11);
    for (let asked = 0; asked < 10; asked++) expect(await find('one')).toBe('found');
    expect(fetched).toHaveLength(2);
    nowMs += minutes(60 * 24 - 12);
    expect(await find('one')).toBe('found');
    nowMs += minutes(1);
    expect(await find('one')).toBe('auth.issuer_unavailable');
    isAway = false;
    nowMs += 5_000;
    expect(await find('one')).toBe('found');
  });

  it('are where the issuer says, if that is the issuer', async () => {
    const configuration = 'https://b.example/tenant/.well-known/openid-configuration';
    keys = open(
      { issuer: 'https://b.example/tenant' },
      { issuer: 'https://b.example/tenant', jwks_uri: 'https://c.example' },
    );
    expect(await find('one')).toBe('found');
    expect(fetched).toEqual([configuration, 'https://c.example']);
    keys = open({ issuer: 'https://b.example/tenant' }, { issuer: 'https://b.example', jwks_uri: 'https://c.example' });
    expect(await find('one')).toBe('auth.issuer_unavailable');
  });
});
