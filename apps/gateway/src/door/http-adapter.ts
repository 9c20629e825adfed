import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Failure } from '@nightshift/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { failureOf } from './failure-of.ts';
import { sendProblem } from './send-problem.ts';

/** The largest body of a route that does not say otherwise. */
export const BODY_LIMIT_BYTES = 1024 * 1024;
/** Names and ids are shorter, and so are the tokens of links; a longer segment finds no route. */
const SEGMENT_MAX_LENGTH = 1_024;

/** Fastify, with every error that it answers by itself as problem details. */
export const makeHttpAdapter = (): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: SEGMENT_MAX_LENGTH, ignoreTrailingSlash: true },
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, failureOf(error)),
    clientErrorHandler: (error, socket) => refuseUnreadable(error, socket),
  });

/** What arrived is not HTTP. */
const refuseUnreadable = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const body = JSON.stringify(new Failure('request.malformed', { detail: 'This is not HTTP.' }).toProblem());
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
