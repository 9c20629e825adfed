import type { FastifyInstance } from 'fastify';

/** What every answer says: its request's id, and what browsers are not to do with it. */
export const addCommonHeaders = (fastify: FastifyInstance, { isTls }: { isTls: boolean }): void => {
  fastify.addHook('onRequest', (request, { raw }, done) => {
    // On the raw answer, so that streams say it too.
    raw.setHeader('x-request-id', request.id);
    raw.setHeader('x-content-type-options', 'nosniff');
    raw.setHeader('referrer-policy', 'no-referrer');
    if (isTls) raw.setHeader('strict-transport-security', 'max-age=31536000');
    done();
  });
};
