import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@nightshift/runtime';
import type { FastifyInstance } from 'fastify';
import { addIdempotency } from '../idempotency/add-idempotency.ts';
import type { Claims } from '../idempotency/claims.ts';
import { actingAs, namedUser, type IsUser } from './acting-user.ts';
import { asksOnce } from './asked.ts';
import { makeAuthenticate, makeIdentify, makeKeyCheck } from './authenticate.ts';
import { addBodyParsers } from './body-parsers.ts';
import { needsKey } from './needs-key.ts';
import { ProblemFilter } from './problem-filter.ts';
import type { RouteRules } from './route-rules.ts';
import type { RouteTable } from './route-table.ts';

interface PrepareHttpDeps {
  logger: Logger;
  routes: RouteTable;
  adminKey: string;
  claims: Claims;
  isUser: IsUser;
}

/** What holds for every route, put in place before the routes are: parsers, limits, authentication of `/v1`, idempotency keys, the error answers. */
export const prepareHttp = (app: NestFastifyApplication, deps: PrepareHttpDeps): void => {
  const { logger, routes, adminKey, claims, isUser } = deps;
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const isRight = makeKeyCheck(adminKey);
  const authenticate = makeAuthenticate(isRight);
  addBodyParsers(fastify);

  fastify.addHook('onRoute', (route) => {
    routes.add(route.method, route.url);
    const { bodyLimit } = (route.config ?? {}) as RouteRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  // A hook for all, and not a guard per route: before the body is read, and nothing for Nest to walk through.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isClosed = needsKey(request.routeOptions.url ?? '');
    const { authorization } = request.headers;
    const user = request.is404 ? undefined : namedUser(request);
    request.asked = asksOnce(isClosed ? authenticate(authorization) : undefined);
    if (user === undefined) return done();
    actingAs(authenticate(authorization), user, request, isUser).then((caller) => {
      request.asked = asksOnce(caller);
      done();
    }, done);
  });
  addIdempotency(fastify, { claims, identify: makeIdentify(isRight), logger });
  app.useGlobalFilters(new ProblemFilter({ logger, routes }));
};
