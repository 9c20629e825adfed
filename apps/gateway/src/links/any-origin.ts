import type { FastifyReply } from 'fastify';

/** Whoever has a link may use it from any page: it carries its own proof, and no cookie counts. */
const ANY_ORIGIN = ['access-control-allow-origin', '*'] as const;

/** Lets pages of any origin read the answer. On the reply and below it: a stream is written past the framework. */
export const letAnyOrigin = (reply: FastifyReply): void => {
  void reply.header(...ANY_ORIGIN);
  reply.raw.setHeader(...ANY_ORIGIN);
};

/** Answers a browser that asks whether its page may follow a link. */
export const answerPreflight = (reply: FastifyReply): void =>
  void reply
    .header(...ANY_ORIGIN)
    .header('access-control-allow-methods', 'GET')
    .header('access-control-allow-headers', 'accept, last-event-id, cache-control')
    .header('access-control-max-age', '86400')
    .status(204)
    .send();
