import { Failure } from '@nightshift/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressRange } from '../rate-limits/address-range.ts';
import type { RateLimit } from '../rate-limits/rate-limit.ts';
import type { SharedCounts, Standing } from '../rate-limits/shared-counts.ts';
import { operationOf } from './operation-of.ts';

export interface RateLimits {
  /** Of a grant that has none of its own; null: none. */
  byDefault: RateLimit | null;
  /** Of one address, for what anybody may ask for. */
  anonymous: RateLimit | null;
  /** Of one address, for credentials that are not right. */
  failed: RateLimit | null;
}

export interface AddRateLimitsDeps {
  counts: Pick<SharedCounts, 'take'>;
  limits: RateLimits;
}

/**
 * Lets nobody ask more often than he may: whoever has a grant by that, anybody else by his address. Added after the authentication. The
 * answers say where one stands, as in draft-ietf-httpapi-ratelimit-headers.
 */
export const addRateLimits = (fastify: FastifyInstance, { counts, limits }: AddRateLimitsDeps): void => {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { grant } = request;
    const limit = grant === undefined ? limits.anonymous : (grant.rateLimit ?? limits.byDefault);
    if (limit === null || request.is404 || isOfPlatform(request)) return done();
    const [policy, name] =
      grant === undefined
        ? ['address', `address:${addressRange(request.ip)}`]
        : ['key', `${grant.caller.kind}:${grant.caller.name}`];
    const standing = counts.take(name, limit);
    say(reply, policy, limit, standing);
    done(standing.isOver ? tooMany(limit, standing) : undefined);
  });
};

/** What a refused request is answered with: after too many wrong credentials from one address, that it asks too often. */
export const makeLimitFailed =
  ({ counts, limits: { failed } }: AddRateLimitsDeps) =>
  (request: FastifyRequest, failure: Failure): { failure: Failure; headers?: Record<string, string> } => {
    if (failed === null || failure.code !== 'auth.wrong_key') return { failure };
    const standing = counts.take(`refused:${addressRange(request.ip)}`, failed);
    if (!standing.isOver) return { failure };
    return { failure: tooMany(failed, standing), headers: { 'retry-after': String(seconds(standing.resetMs)) } };
  };

/** Orchestrators and Prometheus ask for these, from few addresses. */
const isOfPlatform = (request: FastifyRequest): boolean =>
  operationOf(request)?.path.startsWith('/v1') === false && !isEndpoint(request);
const isEndpoint = ({ routeOptions }: FastifyRequest): boolean => /^\/wf(-draft)?\//.test(routeOptions.url ?? '');

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

const say = (reply: FastifyReply, policy: string, limit: RateLimit, { isOver, remaining, resetMs }: Standing): void => {
  void reply.header('ratelimit-policy', `"${policy}";q=${limit.requests};w=${limit.perSeconds}`);
  void reply.header('ratelimit', `"${policy}";r=${remaining};t=${seconds(resetMs)}`);
  if (isOver) void reply.header('retry-after', String(seconds(resetMs)));
};

const tooMany = ({ requests, perSeconds }: RateLimit, { resetMs }: Standing): Failure =>
  new Failure('request.too_many', {
    detail: `At most ${requests} requests in ${perSeconds} s are let in; the next in ${seconds(resetMs)} s.`,
  });
