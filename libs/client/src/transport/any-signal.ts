/** Aborted as soon as one of them is. `AbortSignal.any`, where there is one: not every runtime has it yet. */
export const anySignal = (...given: (AbortSignal | undefined)[]): AbortSignal | undefined => {
  const signals = given.filter((signal) => signal !== undefined);
  if (signals.length < 2) return signals[0];
  if (typeof AbortSignal.any === 'function') return AbortSignal.any(signals);
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) either.abort(signal.reason);
    else signal.addEventListener('abort', () => either.abort(signal.reason), { once: true, signal: either.signal });
  }
  return either.signal;
};
