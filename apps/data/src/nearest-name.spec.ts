import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

it.each([
  ['emial', 'email'],
  ['Email', 'email'],
  ['creatdAt', 'createdAt'],
  ['zzz', undefined],
  ['', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(nearestName(word, ['email', 'createdAt', 'id'])).toBe(meant);
});
