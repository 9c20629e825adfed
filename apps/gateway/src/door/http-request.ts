import type { Failure } from '@nightshift/contracts';
import type { FastifyRequest } from 'fastify';
import type { Asked } from './asked.ts';
import type { Grant } from './grant.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read. */
    asked: Asked;
    /** Who asks, and what he may do; absent: nobody has to say it here, and nobody did. */
    grant?: Grant;
    /** Why the credentials are not right, where nobody has to have any. */
    refused?: Failure;
    /** The content type of a body that is a file, as the client said it. */
    fileType?: string;
  }
}

/** A request as controllers read it: parts that the router has split, none of them checked yet. */
export type HttpRequest = FastifyRequest<{
  Params: Record<string, string>;
  Querystring: Record<string, string | string[] | undefined>;
}>;
