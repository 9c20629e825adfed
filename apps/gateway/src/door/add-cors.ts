import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What scripts of other origins may read of an answer, beside what every script may. */
const exposed = [
  'etag',
  'idempotency-replayed',
  'location',
  'nightshift-import-id',
  'nightshift-run-id',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-request-id',
];
const PREFLIGHT_KEPT_SECONDS = 600;

/**
 * Lets scripts of other origins ask, and answers what browsers ask before. Keys are sent by scripts and never by browsers of themselves: no
 * credentials in the sense of CORS. Added before the authentication, for a preflight request has no key.
 * @param origins `*` for all; none: browsers keep scripts of other origins out
 */
export const addCors = async (fastify: FastifyInstance, origins: readonly string[]): Promise<void> => {
  if (origins.length === 0) return;
  await fastify.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: exposed,
    maxAge: PREFLIGHT_KEPT_SECONDS,
    strictPreflight: false,
  });
};
