import { Failure } from '@nightshift/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { sendProblem } from './send-problem.ts';

/**
 * Cuts off who sends a body too slowly, and so holds a connection and what waits for the body.
 *
 * Every body has to go on at this rate over each stretch of the time-out, unless it is we who do not read. A fast sender may send for as long as
 * the body is long.
 */
const LEAST_BYTES_PER_SECOND = 100;

interface Watched {
  request: FastifyRequest;
  reply: FastifyReply;
  /** What its connection had read when this stretch began. */
  bytes: number;
}

export const watchBodies = (fastify: FastifyInstance, timeoutMs: number): void => {
  const arriving = new Map<IncomingMessage, Watched>();
  const least = (LEAST_BYTES_PER_SECOND * timeoutMs) / 1000;

  const look = (): void => {
    for (const [raw, watched] of arriving) {
      const { bytesRead } = raw.socket;
      const isSlow = bytesRead - watched.bytes < least;
      watched.bytes = bytesRead;
      if (raw.complete || raw.destroyed) arriving.delete(raw);
      else if (isSlow && raw.readableLength < raw.readableHighWaterMark) cut(watched);
    }
  };
  const looking = setInterval(look, timeoutMs);
  looking.unref();
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(looking);
    done();
  });

  const cut = ({ request, reply }: Watched): void => {
    arriving.delete(request.raw);
    if (reply.sent || reply.raw.headersSent) return void request.raw.destroy();
    reply.raw.once('finish', () => request.raw.destroy());
    sendProblem(reply, new Failure('request.too_slow', { detail: 'The body came too slowly.' }), {
      headers: { connection: 'close' },
    });
  };

  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const { raw } = request;
    const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
    if (hasBody && !raw.complete) {
      arriving.set(raw, { request, reply, bytes: raw.socket.bytesRead });
      const forget = (): void => void arriving.delete(raw);
      raw.once('end', forget);
      raw.once('close', forget);
    }
    done(null, payload);
  });
};
