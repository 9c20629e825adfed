import { describe, expect, it } from 'vitest';
import { makeAuthenticate, makeKeyCheck } from './authenticate.ts';

describe('authentication', () => {
  const authenticate = makeAuthenticate(makeKeyCheck('the-right-key'));

  it.each(['Bearer the-right-key', 'bearer the-right-key', 'Bearer  the-right-key '])('lets %j pass', (header) => {
    expect(() => authenticate(header)).not.toThrow();
  });

  it.each([undefined, '', 'the-right-key', 'Basic the-right-key', 'Bearer', 'Bearer a b'])(
    'misses a key in %j',
    (header) => {
      expect(() => authenticate(header)).toThrow(expect.objectContaining({ code: 'auth.missing_key' }));
    },
  );

  it.each(['Bearer the-right-ke', 'Bearer the-right-key2', 'Bearer THE-RIGHT-KEY'])('refuses %j', (header) => {
    expect(() => authenticate(header)).toThrow(expect.objectContaining({ code: 'auth.wrong_key' }));
  });
});
