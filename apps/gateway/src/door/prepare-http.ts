import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@nightshift/runtime';
import type { FastifyInstance } from 'fastify';
import { addAudit } from '../audit/add-audit.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { addSocketUpgrades } from '../events/sockets/socket-upgrade.ts';
import { addIdempotency } from '../idempotency/add-idempotency.ts';
import type { Claims } from '../idempotency/claims.ts';
import { hidePayloads } from '../payloads/hide-payloads.ts';
import type { SharedCounts } from '../rate-limits/shared-counts.ts';
import type { IsUser } from './acting-user.ts';
import { addAuthentication } from './add-authentication.ts';
import { assertOperation } from './assert-operation.ts';
import { addBodyParsers } from './body-parsers.ts';
import { addCommonHeaders } from './add-common-headers.ts';
import { addCors } from './add-cors.ts';
import { addRateLimits, makeLimitFailed } from './add-rate-limits.ts';
import type { DoorSettings } from './door-config.ts';
import type { Doorkeeper } from './grant.ts';
import { ProblemFilter } from './problem-filter.ts';
import type { RouteRules } from './route-rules.ts';
import type { RouteTable } from './route-table.ts';
import { watchBodies } from './watch-bodies.ts';

interface PrepareHttpDeps {
  logger: Logger;
  routes: RouteTable;
  doorkeeper: Doorkeeper;
  claims: Claims;
  isUser: IsUser;
  door: Pick<DoorSettings, 'corsOrigins' | 'tls' | 'bodyTimeoutMs' | 'rateLimits'>;
  counts: Pick<SharedCounts, 'take'>;
  trail: AuditTrail;
}

/**
 * What holds for every route, put in place before the routes are: headers, parsers, limits, authentication of `/v1`, idempotency keys, the audit
 * log, the error answers. The order is that in which a request passes them.
 */
export const prepareHttp = async (app: NestFastifyApplication, deps: PrepareHttpDeps): Promise<void> => {
  const { logger, routes, doorkeeper, claims, isUser, door, counts, trail } = deps;
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  addCommonHeaders(fastify, { isTls: door.tls !== undefined });
  await addCors(fastify, door.corsOrigins);
  addBodyParsers(fastify);

  fastify.addHook('onRoute', (route) => {
    assertOperation(route.method, route.url);
    routes.add(route.method, route.url);
    const { bodyLimit } = (route.config ?? {}) as RouteRules;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  addAuthentication(fastify, { doorkeeper, isUser });
  const limits = { counts, limits: door.rateLimits };
  addRateLimits(fastify, limits);
  watchBodies(fastify, door.bodyTimeoutMs);
  addSocketUpgrades(fastify);
  addIdempotency(fastify, { claims, logger });
  hidePayloads(fastify);
  addAudit(fastify, trail);

  const limitFailed = makeLimitFailed(limits);
  app.useGlobalFilters(
    new ProblemFilter({
      logger,
      routes,
      refusedAs: (request, failure) => {
        const refused = limitFailed(request, failure);
        if (isOfTheDoor(failure)) trail.refuse(request, failure);
        return refused;
      },
    }),
  );
};

/** Credentials that are not right, and rights that are not there. Who shows nothing is no attempt. */
const isOfTheDoor = ({ code }: { code: string }): boolean => code.startsWith('auth.') && code !== 'auth.missing_key';
