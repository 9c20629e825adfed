import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Failure, type FailureCode } from '@nightshift/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { failureOf } from './failure-of.ts';
import { requestIdOf } from './request-id.ts';
import { sendProblem } from './send-problem.ts';

/** Names and ids are shorter, and so are the tokens of links; a longer segment finds no route. */
const SEGMENT_MAX_LENGTH = 1_024;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface HttpLimits {
  /** The largest body of a route that does not say otherwise. */
  bodyMaxBytes: number;
  /** How long the headers of a request may take to arrive. */
  headersTimeoutMs: number;
}

export interface HttpAdapterOptions {
  limits: HttpLimits;
  /** Whose `X-Forwarded-For`, `-Proto` and `-Host` are believed: addresses and ranges. */
  trustedProxies: readonly string[];
  /** Certificate and key, if the gateway speaks TLS itself. */
  tls: { cert: Buffer; key: Buffer } | undefined;
}

/** Fastify, with every error that it answers by itself as problem details. */
export const makeHttpAdapter = ({ limits, trustedProxies, tls }: HttpAdapterOptions): FastifyAdapter => {
  const http = {
    headersTimeout: limits.headersTimeoutMs,
    // Bodies are watched by their rate: an upload may take as long as it needs.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(limits.headersTimeoutMs / 2)),
  };
  return new FastifyAdapter({
    bodyLimit: limits.bodyMaxBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    genReqId: requestIdOf,
    requestTimeout: 0,
    routerOptions: { maxParamLength: SEGMENT_MAX_LENGTH, ignoreTrailingSlash: true },
    ...(trustedProxies.length > 0 && { trustProxy: [...trustedProxies] }),
    ...(tls === undefined
      ? { http }
      : { https: { ...http, ...tls, minVersion: 'TLSv1.2' as const, handshakeTimeout: HANDSHAKE_TIMEOUT_MS } }),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      reply.raw.setHeader('x-request-id', request.id);
      sendProblem(reply, failureOf(error));
    },
    clientErrorHandler: (error, socket) => refuseUnreadable(error, socket),
  });
};

const unreadable: Readonly<Record<string, [status: string, code: FailureCode, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request.too_slow', 'The headers came too slowly.'],
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'request.headers_too_large',
    'The headers are too long.',
  ],
};

/** What arrived is not HTTP, or not all of it. */
const refuseUnreadable = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, detail] = unreadable[error.code ?? ''] ?? [
    '400 Bad Request',
    'request.malformed',
    'This is not HTTP.',
  ];
  const body = JSON.stringify(new Failure(code, { detail }).toProblem());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    // Who goes on sending is not listened to.
    () => socket.destroy(),
  );
};
