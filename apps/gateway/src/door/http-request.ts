import type { FastifyRequest } from 'fastify';

/** A request as controllers read it: parts that the router has split, none of them checked yet. */
export type HttpRequest = FastifyRequest<{
  Params: Record<string, string>;
  Querystring: Record<string, string | string[] | undefined>;
}>;
