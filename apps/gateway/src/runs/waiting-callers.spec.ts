import { describe, expect, it } from 'vitest';
import { makeWaitingCallers } from './waiting-callers.ts';

const setUp = () => {
  let hear = (_body: unknown): void => {};
  const callers = makeWaitingCallers({
    bus: {
      subscribe: (subject, handler) => {
        expect(subject).toMatch(/^ns\.outcome\.[0-9a-f]+$/);
        hear = (body) => handler(body, subject);
        return { close: () => {} };
      },
    },
  });
  return { callers, hear: (body: unknown) => hear(body) };
};

describe('waiting callers', () => {
  it('hear how their run ended', async () => {
    const { callers, hear } = setUp();
    const waiting = callers.wait('a', 10_000);
    hear({ runId: 'b', status: 'failed' });
    hear({ runId: 'a', status: 'succeeded', result: 1 });
    expect(await waiting).toEqual({ runId: 'a', status: 'succeeded', result: 1 });
    expect(callers.count).toBe(0);
  });

  it('go when their time is up, and when the process stops', async () => {
    const { callers } = setUp();
    expect(await callers.wait('a', 5)).toBeUndefined();
    const waiting = callers.wait('b', 10_000);
    callers.close();
    expect(await waiting).toBeUndefined();
    expect(await callers.wait('c', 10_000)).toBeUndefined();
    expect(callers.count).toBe(0);
  });
});
