import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@nightshift/runtime';
import type { FastifyInstance } from 'fastify';
import { makeAuthenticate, makeKeyCheck } from './authenticate.ts';
import { addBodyParsers } from './body-parsers.ts';
import { needsKey } from './needs-key.ts';
import { ProblemFilter } from './problem-filter.ts';
import type { RouteRules } from './route-rules.ts';
import type { RouteTable } from './route-table.ts';

interface PrepareHttpDeps {
  logger: Logger;
  routes: RouteTable;
  adminKey: string;
}

/** What holds for every route, put in place before the routes are: parsers, limits, authentication of `/v1`, the error answers. */
export const prepareHttp = (app: NestFastifyApplication, { logger, routes, adminKey }: PrepareHttpDeps): void => {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const authenticate = makeAuthenticate(makeKeyCheck(adminKey));
  addBodyParsers(fastify);

  fastify.addHook('onRoute', (route) => {
    routes.add(route.method, route.url);
    const { bodyLimit } = (route.config ?? {}) as RouteRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  // A hook for all, and not a guard per route: before the body is read, and nothing for Nest to walk through.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (needsKey(request.routeOptions.url ?? '')) authenticate(request.headers.authorization);
    done();
  });
  app.useGlobalFilters(new ProblemFilter({ logger, routes }));
};
