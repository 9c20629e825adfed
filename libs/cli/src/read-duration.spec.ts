import { expect, it } from 'vitest';
import { readDuration } from './read-duration.ts';

it.each([
  ['90s', { seconds: 90 }],
  ['1h30m', { hours: 1, minutes: 30 }],
  ['250ms', { milliseconds: 250 }],
  ['2d', { days: 2 }],
  ['1.5s', { seconds: 1.5 }],
  ['PT90S', 'PT90S'],
])('reads %s', (text, duration) => {
  expect(readDuration(text)).toEqual(duration);
});

it.each(['', 'soon', '5', '5 m', '1h x', '-1s'])('refuses %j', (text) => {
  expect(() => readDuration(text)).toThrow('is no length of time');
});
