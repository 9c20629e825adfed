import { HttpException } from '@nestjs/common';
import { asFailure, Failure, type FailureCode } from '@nightshift/contracts';

const codes: Readonly<Record<number, FailureCode>> = {
  400: 'request.malformed',
  404: 'request.unknown_route',
  405: 'request.method_not_allowed',
  413: 'request.too_large',
  414: 'request.unknown_route',
  415: 'request.unsupported_media_type',
};

/** Messages of Fastify that help a caller; of the rest the title is enough. */
const isTelling = (error: Error): boolean => /JSON|Content-Length|URL/i.test(error.message);

/**
 * What went wrong, as a failure of the table. What Nest and Fastify refuse keeps its meaning; anything that nobody expected becomes
 * `platform.bug` with its cause.
 */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof Failure) return error;
  const status = error instanceof HttpException ? error.getStatus() : fastifyStatus(error);
  const code = status === undefined ? undefined : codes[status];
  if (code === undefined) return asFailure(error);
  return new Failure(code, { cause: error, ...(isTelling(error as Error) && { detail: (error as Error).message }) });
};

const fastifyStatus = (error: unknown): number | undefined => {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  return typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number' ? statusCode : undefined;
};
