import type { FastifyInstance } from 'fastify';
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request that asks to become a WebSocket, until somebody takes it up. */
export interface SocketUpgrade {
  socket: Duplex;
  head: Buffer;
  isTaken: boolean;
}

const upgrades = new WeakMap<IncomingMessage, SocketUpgrade>();

/** Undefined: the request is one as any other. */
export const upgradeOf = (request: IncomingMessage): SocketUpgrade | undefined => upgrades.get(request);

const EVENTS_PATH = '/v1/events';
const OPEN_PATH = '/v1/public/events';
const pathOf = (url = ''): string => url.split('?', 1)[0]!.replace(/\/$/, '');

const canUpgrade = ({ method, headers, url }: IncomingMessage): boolean => {
  const path = pathOf(url);
  const isHere = path === EVENTS_PATH || path === OPEN_PATH || path.startsWith(`${OPEN_PATH}/`);
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && isHere;
};

/**
 * Sends requests for WebSockets the way of all others, so that whatever holds for requests holds for them: who may come in, how often, and how a refusal
 * looks. Who has no key to show yet is let in to show it in the first message. Any other `Upgrade` is ignored, as HTTP allows.
 */
export const addSocketUpgrades = (fastify: FastifyInstance): void => {
  const server = fastify.server as typeof fastify.server & {
    shouldUpgradeCallback: (request: IncomingMessage) => boolean;
  };
  server.shouldUpgradeCallback = canUpgrade;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    if (pathOf(request.url) === EVENTS_PATH && request.headers.authorization === undefined) request.url = OPEN_PATH;
    const upgrade: SocketUpgrade = { socket, head, isTaken: false };
    upgrades.set(request, upgrade);
    const response = new ServerResponse(request);
    // What is answered here is a refusal: nothing else comes on this connection.
    response.shouldKeepAlive = false;
    response.on('finish', () => {
      if (!upgrade.isTaken) socket.end();
    });
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
    fastify.routing(request, response);
  });
};
