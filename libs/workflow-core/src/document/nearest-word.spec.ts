import { describe, expect, it } from 'vitest';
import { nearestWord } from './nearest-word.ts';

describe('the nearest word', () => {
  it.each<[string, string[], string | undefined]>([
    ['emial', ['email', 'name'], 'email'],
    ['fi', ['if', 'retry'], 'if'],
    ['Email', ['email'], 'email'],
    ['x', ['y'], undefined],
    ['id', ['total', 'at'], undefined],
    ['firstname', ['firstName', 'lastName'], 'firstName'],
    ['scheduleOnLists', ['schedule', 'scheduleOnList'], 'scheduleOnList'],
    ['customer', ['total', 'status'], undefined],
  ])('to %s of %j is %s', (word, candidates, expected) => {
    expect(nearestWord(word, candidates)).toBe(expected);
  });
});
