import { asFailure, Failure, type Operation } from '@nightshift/contracts';
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
  /** With a promise only where somebody else has to be asked. */
  const admit = (request: FastifyRequest, grant: Grant, operation: Operation): void | Promise<void> => {
    request.grant = grant;
    assertMay(grant, operation, request.params as Record<string, string>);
    const user = namedUser(request);
    if (user === undefined) {
      request.asked = asksOnce(grant.caller);
      return;
    }
    return actingAs(grant.caller, user, operation, isUser).then((caller) => {
      request.asked = asksOnce(caller);
    });
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
      // Where nobody has to be anybody, wrong credentials are none; but whoever names a user has to be somebody.
      if (!isPublic || request.grant !== undefined || namedUser(request) !== undefined) return done(failure);
      request.refused = failure;
      done();
    };
    try {
      if (operation === undefined) throw new Failure('platform.bug', { detail: 'The route is no operation' });
      const grant = doorkeeper.admit(authorization);
      const admitted =
        grant instanceof Promise
          ? grant.then((loaded) => admit(request, loaded, operation))
          : admit(request, grant, operation);
      if (admitted === undefined) done();
      else admitted.then(() => done(), refuse);
    } catch (error) {
      refuse(error);
    }
  });
};
