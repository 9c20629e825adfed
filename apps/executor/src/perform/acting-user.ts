import { actorOf, type ActingUser, type Origin, type RunRequested } from '@nightshift/contracts';
import type { Occasion } from './performed.ts';

/** As whom a run reads and changes things: as whoever it was requested for. Undefined: as the platform itself. */
export const actingUserOf = (
  { requestedBy, ignorePrivacy }: RunRequested,
  definition: { ignoresPrivacy: boolean },
): ActingUser | undefined => {
  const user = requestedBy?.user;
  if (user === undefined) return undefined;
  return ignorePrivacy === true || definition.ignoresPrivacy ? { user, ignorePrivacy: true } : { user };
};

/** What a change that the run makes carries to whatever it starts. */
export const originOf = ({ runId, requested, as }: Occasion): Origin => ({
  runId,
  depth: requested.depth + 1,
  ...(as !== undefined && { actor: actorOf(as.user) }),
  ...(as?.ignorePrivacy === true && { ignoresPrivacy: true }),
});
