import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@nightshift/runtime';
import type { FastifyInstance } from 'fastify';
import { addSocketUpgrades } from '../events/sockets/socket-upgrade.ts';
import { addIdempotency } from '../idempotency/add-idempotency.ts';
import type { Claims } from '../idempotency/claims.ts';
import type { IsUser } from './acting-user.ts';
import { addAuthentication } from './add-authentication.ts';
import { assertOperation } from './assert-operation.ts';
import { addBodyParsers } from './body-parsers.ts';
import type { Doorkeeper } from './grant.ts';
import { ProblemFilter } from './problem-filter.ts';
import type { RouteRules } from './route-rules.ts';
import type { RouteTable } from './route-table.ts';

interface PrepareHttpDeps {
  logger: Logger;
  routes: RouteTable;
  doorkeeper: Doorkeeper;
  claims: Claims;
  isUser: IsUser;
}

/** What holds for every route, put in place before the routes are: parsers, limits, authentication of `/v1`, idempotency keys, the error answers. */
export const prepareHttp = (app: NestFastifyApplication, deps: PrepareHttpDeps): void => {
  const { logger, routes, doorkeeper, claims, isUser } = deps;
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  addBodyParsers(fastify);

  fastify.addHook('onRoute', (route) => {
    assertOperation(route.method, route.url);
    routes.add(route.method, route.url);
    const { bodyLimit } = (route.config ?? {}) as RouteRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  addAuthentication(fastify, { doorkeeper, isUser });
  addSocketUpgrades(fastify);
  addIdempotency(fastify, { claims, logger });
  app.useGlobalFilters(new ProblemFilter({ logger, routes }));
};
