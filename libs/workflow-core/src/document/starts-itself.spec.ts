import { describe, expect, it } from 'vitest';
import { startsItself } from './starts-itself.ts';

const next = { schedule: { workflow: 'count', in: { seconds: 1 } } };

describe('startsItself', () => {
  it.each([
    ['a step', [{ next }]],
    ['a step in a case', [{ choose: { switch: [{ more: { when: 'a', do: [{ next }] } }] } }]],
    ['a step that calls it', [{ again: { call: { workflow: 'count' } } }]],
    ['a step of a catch', [{ try: { do: [], catch: { do: [{ next }] } } }]],
  ])('finds %s', (_, steps) => {
    expect(startsItself({ workflow: 'count', do: steps })).toBe(true);
    expect(startsItself({ workflow: 'other', do: steps })).toBe(false);
  });

  it('is not misled by a step that is called so', () => {
    expect(startsItself({ workflow: 'count', do: [{ schedule: { set: { workflow: 'count' } } }] })).toBe(false);
  });
});
