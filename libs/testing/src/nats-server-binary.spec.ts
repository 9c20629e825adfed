import { expect, it } from 'vitest';
import { isAtLeast } from './nats-server-binary.ts';

it.each([
  [[2, 10, 27], true],
  [[2, 10, 28], true],
  [[2, 11, 0], true],
  [[3, 0, 0], true],
  [[2, 10, 26], false],
  [[2, 9, 99], false],
  [[1, 99, 99], false],
  [[], false],
])('compares the version %j with 2.10.27', (version, expected) => {
  expect(isAtLeast(version, [2, 10, 27])).toBe(expected);
});
