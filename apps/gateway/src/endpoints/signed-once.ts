import { Failure } from '@nightshift/contracts';
import type { KeptAnswer } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import { hash } from 'node:crypto';
import { asksUnderKey } from '../door/asked.ts';
import { signedEvent } from '../event-sources/signed-event.ts';
import { makeVerifySigned, type VerifySignedDeps } from '../event-sources/verify-signed.ts';
import type { Claims } from '../idempotency/claims.ts';
import type { EndpointCall, EndpointReply } from './endpoint-call.ts';

export interface SignedOnceDeps extends VerifySignedDeps {
  claims: Pick<Claims, 'claim' | 'keepAnswer' | 'release'>;
  logger: Pick<Logger, 'warn'>;
}

/** A longer answer is not kept: a repeat finds what the first one started by its id. */
const KEPT_MAX_LENGTH = 1024 * 1024;

/**
 * Handles a signed request once, however often it is sent: the event's id is its idempotency key. A repeat gets the answer of the first; while that
 * one is handled it waits, and if whoever handles it dies it goes on in its place, with the same run.
 * @throws Failure `signature.wrong`, `signature.expired`, `event_source.not_found`, `secret.unavailable`, `request.malformed`
 */
export const makeSignedOnce = (deps: SignedOnceDeps) => {
  const { claims, logger, nowMs } = deps;
  const verify = makeVerifySigned(deps);

  return async (
    sourceName: string,
    call: EndpointCall,
    handle: (call: EndpointCall, data: unknown) => Promise<EndpointReply>,
  ): Promise<EndpointReply> => {
    const { name, headers, asked } = call;
    const request = { headers, body: call.body ?? Buffer.alloc(0) };
    const { source, data, challenge } = await verify(sourceName, request);
    if (challenge !== undefined) return json({ challenge });

    const event = signedEvent(request, source, data, nowMs());
    // Ids may hold what keys may not.
    const key = {
      scope: `endpoint:${call.isDraft ? 'draft:' : ''}${name}`,
      key: hash('sha256', `${source.name}\n${event.id}`),
    };
    // A repeat is signed anew: its headers differ, and maybe its body.
    const claim = await claims.claim(key, 'signed');
    if (claim.outcome === 'answered') return replayed(claim.answer);
    const settle = (settling: Promise<void>): Promise<void> =>
      settling.catch((error: unknown) => logger.warn({ err: error }, 'a signed request is not settled'));
    try {
      const reply = await handle({ ...call, asked: asksUnderKey(asked.caller, key, claim.at) }, data);
      const { status, headers: sent, body } = reply;
      const isKept = typeof body !== 'object' && (body ?? '').length <= KEPT_MAX_LENGTH && status < 500;
      await settle(
        isKept
          ? claims.keepAnswer(key, { status, headers: sent, body: body ?? '', upload: null })
          : claims.release(key, false),
      );
      return reply;
    } catch (error) {
      // Nothing came of what was refused; of anything else that is not known.
      await settle(claims.release(key, error instanceof Failure && error.toProblem().status < 500));
      throw error;
    }
  };
};

const json = (value: unknown): EndpointReply => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(value),
});

const replayed = ({ status, headers, body }: KeptAnswer): EndpointReply => ({
  status,
  headers: { ...headers, 'idempotency-replayed': 'true' },
  body: body === '' ? undefined : body,
});
