import { asFailure, Failure } from '@nightshift/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { actingAs, namedUser, type IsUser } from './acting-user.ts';
import { asksOnce } from './asked.ts';
import type { Doorkeeper, Grant } from './grant.ts';
import { operationOf } from './operation-of.ts';
import { assertMay } from './assert-may.ts';

export interface AddAuthenticationDeps {
  doorkeeper: Doorkeeper;
  isUser: IsUser;
}

/**
 * Says of each request who asks, before its body is read: `request.grant`, and `request.asked` for the handlers. A hook for all, and not a guard
 * per route: none can be forgotten. What is public is asked by whoever shows credentials, or by nobody; whether they are right is told
 * where they are needed.
 */
export const addAuthentication = (fastify: FastifyInstance, { doorkeeper, isUser }: AddAuthenticationDeps): void => {
  const admitted = async (request: FastifyRequest, pending: Promise<Grant>): Promise<void> => {
    const grant = await pending;
    request.grant = grant;
    const operation = operationOf(request);
    if (operation !== undefined) assertMay(grant, operation, request.params as Record<string, string>);
    const user = namedUser(request);
    request.asked = asksOnce(user === undefined ? grant.caller : await actingAs(grant.caller, user, operation, isUser));
  };

  fastify.addHook('onRequest', (request, _reply, done) => {
    request.asked = asksOnce(undefined);
    // A browser asks before its script does, and has no key.
    if (request.is404 || request.method === 'OPTIONS') return done();
    const { authorization } = request.headers;
    const operation = operationOf(request);
    const isPublic = operation?.access === 'public';
    if (isPublic && authorization === undefined && namedUser(request) === undefined) return done();
    const refuse = (error: unknown): void => {
      const failure = asFailure(error);
      if (!isPublic || !credentialFailures.has(failure.code)) return done(failure);
      request.refused = failure;
      // Whoever names a user has to be somebody.
      done(namedUser(request) === undefined ? undefined : failure);
    };
    try {
      if (operation === undefined) throw new Failure('platform.bug', { detail: 'The route is no operation' });
      const grant = doorkeeper.admit(authorization);
      if (!(grant instanceof Promise) && namedUser(request) === undefined) {
        request.grant = grant;
        assertMay(grant, operation, request.params as Record<string, string>);
        request.asked = asksOnce(grant.caller);
        return done();
      }
      admitted(request, Promise.resolve(grant)).then(() => done(), refuse);
    } catch (error) {
      refuse(error);
    }
  });
};

const credentialFailures: ReadonlySet<string> = new Set(['auth.missing_key', 'auth.wrong_key']);
