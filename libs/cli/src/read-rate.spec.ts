import { expect, it } from 'vitest';
import { readRate } from './read-rate.ts';

it('reads so many in so long', () => {
  expect(readRate('100/1m')).toEqual({ limit: 100, per: { minutes: 1 } });
  expect(readRate('1/PT5S')).toEqual({ limit: 1, per: 'PT5S' });
});

it.each(['100', '/1m', 'many/1m', '1.5/1m', '100/', '100/soon'])('does not take "%s"', (text) => {
  expect(() => readRate(text)).toThrow();
});
