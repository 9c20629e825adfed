import { expect, it } from 'vitest';
import { formatLogPosition, parseLogPosition } from './log-position.ts';

it.each(['0/0', '0/16B3748', '16/B374D848', '1FFFFF/FFFFFFFF'])('%s is read and written', (text) => {
  expect(formatLogPosition(parseLogPosition(text))).toBe(text);
});

it('reads positions padded with zeros, and orders across the halves', () => {
  expect(parseLogPosition('00000001/00000000')).toBe(2 ** 32);
  expect(parseLogPosition('0/FFFFFFFF')).toBeLessThan(parseLogPosition('1/0'));
});
