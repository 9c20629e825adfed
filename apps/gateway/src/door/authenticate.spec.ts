import { describe, expect, it } from 'vitest';
import { makeDoorkeeper } from './authenticate.ts';

describe('authentication', () => {
  const keyring = {
    admit: () => {
      throw new Error('no key of the ledger was shown');
    },
  };
  const { admit } = makeDoorkeeper({ adminKey: 'the-right-key', keyring });

  it.each(['Bearer the-right-key', 'bearer the-right-key', 'Bearer  the-right-key '])('lets %j pass', (header) => {
    expect(() => admit(header)).not.toThrow();
  });

  it.each([undefined, '', 'the-right-key', 'Basic the-right-key', 'Bearer', 'Bearer a b'])(
    'misses a key in %j',
    (header) => {
      expect(() => admit(header)).toThrow(expect.objectContaining({ code: 'auth.missing_key' }));
    },
  );

  it.each(['Bearer the-right-ke', 'Bearer the-right-key2', 'Bearer THE-RIGHT-KEY'])('refuses %j', (header) => {
    expect(() => admit(header)).toThrow(expect.objectContaining({ code: 'auth.wrong_key' }));
  });
});
