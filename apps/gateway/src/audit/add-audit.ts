import type { FastifyInstance } from 'fastify';
import type { AuditTrail } from './audit-trail.ts';

/**
 * Writes an entry for each change, in hooks around all handlers, so that none of them can forget it. What a request is refused for before its
 * handler (no right, no key, an unreadable body) changes nothing; a repeat under its idempotency key changes nothing either.
 */
export const addAudit = (fastify: FastifyInstance, trail: AuditTrail): void => {
  fastify.addHook('preHandler', (request) => trail.begin(request));
  // What the handler says, whether or not there is still somebody to hear it.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    trail.settle(request, reply.statusCode, payload);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    trail.settle(request, reply.statusCode);
    done();
  });
};
