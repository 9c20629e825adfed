import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Failure } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { failureOf } from './failure-of.ts';
import type { RouteTable } from './route-table.ts';
import { sendProblem } from './send-problem.ts';

interface ProblemFilterDeps {
  logger: Logger;
  routes: RouteTable;
  /** What somebody is answered who is not let in. */
  refusedAs: (request: FastifyRequest, failure: Failure) => { failure: Failure; headers?: Record<string, string> };
}

/**
 * The one place where an exception becomes an answer: a problem with a stable code. What is our fault or another system's is logged here,
 * with its causes, and the caller learns the code alone.
 */
export class ProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #routes: RouteTable;
  readonly #refusedAs: ProblemFilterDeps['refusedAs'];

  constructor({ logger, routes, refusedAs }: ProblemFilterDeps) {
    this.#logger = logger;
    this.#routes = routes;
    this.#refusedAs = refusedAs;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const failure = failureOf(error);
    const { status } = failure.toProblem();
    if (status >= 500 && !hasBrokenOff(request, error)) {
      const level = failure.code === 'platform.bug' ? 'error' : 'warn';
      this.#logger[level](
        { err: failure, requestId: request.id, method: request.method, path: pathOf(request.url) },
        'request failed',
      );
    }
    // The caller has gone, or part of the answer is out.
    if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
    this.#answer(request, reply, failure);
  }

  #answer(request: FastifyRequest, reply: FastifyReply, failure: Failure): void {
    if (failure.code.startsWith('auth.')) {
      const refused = this.#refusedAs(request, failure);
      return sendProblem(reply, refused.failure, { ...(refused.headers && { headers: refused.headers }) });
    }
    if (failure.code !== 'request.unknown_route') return sendProblem(reply, failure);
    const path = pathOf(request.url);
    const allowed = this.#routes.methodsOf(path);
    if (allowed.length === 0) {
      return sendProblem(reply, new Failure('request.unknown_route', { detail: `There is nothing at ${path}` }));
    }
    const wrongMethod = new Failure('request.method_not_allowed', {
      detail: `${path} answers to ${allowed.join(', ')}, not to ${request.method}`,
    });
    sendProblem(reply, wrongMethod, { headers: { allow: allowed.join(', ') } });
  }
}
Catch()(ProblemFilter);

/** Whoever sent the request has not sent all of it, and is not there any more. */
const hasBrokenOff = ({ raw }: FastifyRequest, error: unknown): boolean =>
  raw.destroyed && brokenOff.has((error as { code?: unknown } | null)?.code);
const brokenOff: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET']);

const pathOf = (url: string): string => url.split('?', 1)[0]!.slice(0, 200);
