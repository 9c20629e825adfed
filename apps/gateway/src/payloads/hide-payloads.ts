import { Failure, payloadRuleOf } from '@nightshift/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { operationIdOf, operationOf } from '../door/operation-of.ts';
import { problem, type Mask } from './mask.ts';
import { masks } from './masks.ts';

/** How an answer is to be masked; undefined: it is not. */
const maskOf = (request: FastifyRequest): Mask | undefined => {
  const { grant } = request;
  const operation = operationOf(request);
  if (grant === undefined || grant.seesPayloads || operation === undefined) return undefined;
  return masks[operationIdOf(operation)];
};

const hidden = (detail: string): Failure => new Failure('auth.payloads_hidden', { detail });

/** Finds by what runs were given. */
const asksByParameters = ({ query, body }: FastifyRequest): boolean => {
  if (Object.keys((query ?? {}) as object).some((name) => /^parameters?(\.|$)/.test(name))) return true;
  const { where } = (body ?? {}) as { where?: { parameters?: unknown } };
  return where?.parameters !== undefined;
};

/**
 * Keeps payloads from whoever does not see them: refuses what is nothing else, and searches by what is hidden; takes them out of all other
 * answers on their way out. After the idempotency keys, which keep answers as they are.
 */
export const hidePayloads = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const operation = operationOf(request);
    if (request.grant === undefined || request.grant.seesPayloads || operation === undefined) return done();
    const isRefused = operation.access !== 'public' && payloadRuleOf(operationIdOf(operation)) === 'refused';
    done(isRefused ? hidden('This is nothing but payload.') : undefined);
  });

  fastify.addHook('preHandler', (request, _reply, done) => {
    const isBlind = request.grant?.seesPayloads === false;
    done(isBlind && asksByParameters(request) ? hidden('What is hidden cannot be searched by.') : undefined);
  });

  fastify.addHook('onSend', (request, reply, payload, done) => {
    const mask = maskOf(request);
    if (mask === undefined || payload === undefined || payload === null || payload === '') return done(null, payload);
    if (typeof payload !== 'string')
      return done(new Failure('platform.bug', { detail: 'The answer cannot be masked' }));
    const answer: unknown = JSON.parse(payload);
    void reply.removeHeader('content-length');
    if (reply.statusCode < 400) return done(null, JSON.stringify(mask(answer) ?? { masked: true }));
    // What a run failed with is the run's; what is wrong with the request is told to whoever sent it.
    done(null, reply.hasHeader('nightshift-run-id') ? JSON.stringify(problem(answer)) : payload);
  });
};
