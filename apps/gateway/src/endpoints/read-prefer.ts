import { headerOf, type EndpointCall } from './endpoint-call.ts';

/** What a caller prefers (RFC 7240). What is not understood is left out. */
export interface Preferences {
  /** `respond-async`: he does not want to wait. */
  isAsync: boolean;
  /** `wait`, in milliseconds; endless if he does not say. */
  waitMs: number;
}

export const readPrefer = (call: EndpointCall): Preferences => {
  const preferences = headerOf(call, 'prefer')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());
  const wait = preferences.map((part) => /^wait=(\d{1,6})$/.exec(part)?.[1]).find((seconds) => seconds !== undefined);
  return {
    isAsync: preferences.includes('respond-async') && wait === undefined,
    waitMs: wait === undefined ? Infinity : Number(wait) * 1000,
  };
};
