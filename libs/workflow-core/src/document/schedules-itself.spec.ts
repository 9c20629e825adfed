import { describe, expect, it } from 'vitest';
import { schedulesItself } from './schedules-itself.ts';

const next = { schedule: { workflow: 'count', in: { seconds: 1 } } };

describe('schedulesItself', () => {
  it.each([
    ['a step', [{ next }]],
    ['a step in a case', [{ choose: { switch: [{ more: { when: 'a', do: [{ next }] } }] } }]],
    ['a step of a catch', [{ try: { do: [], catch: { do: [{ next }] } } }]],
  ])('finds %s', (_, steps) => {
    expect(schedulesItself({ workflow: 'count', do: steps })).toBe(true);
    expect(schedulesItself({ workflow: 'other', do: steps })).toBe(false);
  });

  it('is not misled by a step that is called so', () => {
    expect(schedulesItself({ workflow: 'count', do: [{ schedule: { set: { workflow: 'count' } } }] })).toBe(false);
  });
});
