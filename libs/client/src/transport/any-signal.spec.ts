import { afterEach, describe, expect, it, vi } from 'vitest';
import { anySignal } from './any-signal.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([true, false])('one of several signals (the runtime has AbortSignal.any: %s)', (hasAny) => {
  it('aborts with the reason of the one that did', () => {
    if (!hasAny) vi.stubGlobal('AbortSignal', { ...AbortSignal, any: undefined });
    const [one, other] = [new AbortController(), new AbortController()];
    const either = anySignal(one.signal, undefined, other.signal)!;
    expect(either.aborted).toBe(false);
    other.abort('this one');
    expect(either.reason).toBe('this one');
    expect(anySignal(one.signal, other.signal)!.reason).toBe('this one');
    expect(anySignal(undefined, one.signal)).toBe(one.signal);
    expect(anySignal(undefined, undefined)).toBeUndefined();
  });
});
