import { Failure, hasRole, type Caller } from '@nightshift/contracts';
import type { CompiledEndpoint } from '@nightshift/workflow-core';
import { mayStart, notAllowed } from '../door/assert-may.ts';
import type { Grant } from '../door/grant.ts';
import type { EndpointCall } from './endpoint-call.ts';

/** Whoever calls what is for anybody, and says nothing of himself. Privacy rules hold for him as for anybody who is not logged in. */
const anyone: Caller = { kind: 'user', name: 'anyone', user: null };

/** Drafts are for those who write them; a right to start is one to start what was published. */
const mayCallDrafts = ({ role }: Grant): boolean => role !== null && hasRole(role, 'editor');

/**
 * Who calls, as the run will know him: a user, whoever has a key, the sender of a signed request, or anyone.
 * @throws Failure `auth.missing_key`, `auth.wrong_key`, `auth.forbidden` for a user where only keys may call, or where he must be logged in
 */
export const callerOf = (
  { auth, signedBy }: Pick<CompiledEndpoint, 'auth' | 'signedBy'>,
  { name, isDraft, asked: { caller }, grant, refused }: EndpointCall,
): Caller => {
  if (signedBy !== undefined) return { kind: 'key', name: `signature of ${signedBy}` };
  const user = caller?.user;
  if (user === undefined) {
    const isAllowed = grant !== undefined && (isDraft ? mayCallDrafts(grant) : mayStart(grant, name));
    if (caller !== undefined && isAllowed) return caller;
    if (auth === 'none') return anyone;
    if (grant !== undefined) throw isDraft ? notAllowed(grant, 'editor') : notAllowed(grant, 'operator', name);
    throw refused ?? new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
  }
  const isLetIn = auth === 'none' || (auth === 'user' && user !== null);
  if (!isLetIn) throw new Failure('auth.forbidden', { detail: 'The endpoint is not for this user.' });
  return caller!;
};
