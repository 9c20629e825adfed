import type { Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';

/** What an answer says beside its problem. */
export interface ProblemExtras {
  headers?: Record<string, string>;
  /** Members that are no part of every problem: RFC 9457 allows more. */
  members?: object;
}

/** Answers with a failure as `application/problem+json`. */
export const sendProblem = (reply: FastifyReply, failure: Failure, { headers, members }: ProblemExtras = {}): void => {
  const problem = { ...failure.toProblem(), ...members };
  if (headers !== undefined) void reply.headers(headers);
  if (failure.code === 'auth.missing_key' || failure.code === 'auth.wrong_key')
    void reply.header('www-authenticate', 'Bearer');
  if (failure.code === 'auth.wrong_token') void reply.header('www-authenticate', 'Bearer error="invalid_token"');
  void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};
