import { requests } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { makeKnown, type Known } from './known.ts';

/** A user by what is in one of his fields, which may be his id. */
export const userKey = (field: string, value: string): string => JSON.stringify([field, value]);

const TIMEOUT_MS = 2_000;

/** The ids of users, by `userKey`. The data service knows; it is not asked anew for each request of the same one. */
export const makeKnownUsers = ({ bus, nowMs }: { bus: Pick<Bus, 'request'>; nowMs: () => number }): Known<string> => {
  const find = (key: string): Promise<string | null> => {
    const [field, value] = JSON.parse(key) as [string, string];
    const options = { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' } as const;
    return bus.request<string | null>(requests.findUser, { field, value }, options);
  };
  return makeKnown({
    read: async (keys) => {
      const found = await Promise.all(keys.map(async (key) => [key, await find(key)] as const));
      return new Map(found.filter((pair): pair is [string, string] => pair[1] !== null));
    },
    unavailable: 'data.unavailable',
    nowMs,
  });
};
