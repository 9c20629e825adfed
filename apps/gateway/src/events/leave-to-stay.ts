import { asFailure, operations } from '@nightshift/contracts';
import { assertMay } from '../door/assert-may.ts';
import type { Doorkeeper } from '../door/grant.ts';

/** What somebody was let in with, looked at again while he stays: a key that is revoked, or a link that expires, ends what it has opened. */
export interface Leave {
  isThere(): Promise<boolean>;
}

export interface Leaves {
  ofKey(authorization: string | undefined): Leave;
  ofLink(endsAtMs: number): Leave;
}

export const makeLeaves = ({ doorkeeper, nowMs }: { doorkeeper: Doorkeeper; nowMs: () => number }): Leaves => ({
  ofKey: (authorization) => ({
    isThere: async () => {
      try {
        assertMay(await doorkeeper.admit(authorization), operations['events.follow'], {});
        return true;
      } catch (error) {
        // Nobody can be asked for now: he was let in, and stays.
        return !asFailure(error).code.startsWith('auth.');
      }
    },
  }),
  ofLink: (endsAtMs) => ({ isThere: async () => nowMs() < endsAtMs }),
});
