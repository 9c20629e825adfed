import {
  asFailure,
  compileSchema,
  EventSocketMessageSchema,
  Failure,
  type EventSocketMessage,
} from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import { checked } from '../../door/checked.ts';
import type { BacklogBudget } from '../backlog-budget.ts';
import type { Leave } from '../leave-to-stay.ts';
import { openSocketLine, type SocketLine } from './socket-line.ts';
import { makeSocketSubscriptions, type SocketRights, type SocketSubscriptionsDeps } from './socket-subscriptions.ts';
import { upgradeOf } from './socket-upgrade.ts';

/** Who holds a connection. */
export interface SocketHolder extends SocketRights {
  leave: Leave;
}

export interface EventSocketsDeps extends SocketSubscriptionsDeps {
  budget: BacklogBudget;
  /** Whether scripts of this origin may open one, when they have no link. */
  allowsOrigin: (origin: string) => boolean;
  /** Whom a key is of, if he may follow events. @throws Failure `auth.wrong_key`, `auth.forbidden` */
  admit: (key: string) => Promise<SocketHolder>;
}

/** All WebSockets that get events from this process. */
export interface EventSockets {
  readonly count: number;
  /**
   * Makes a WebSocket of the request.
   * @param holder undefined: he says who he is with his first message
   */
  open(reply: FastifyReply, holder: SocketHolder | undefined): void;
  /** Closes all: the clients resume elsewhere. */
  close(): void;
}

/** A larger message is no subscription. */
const MESSAGE_MAX_BYTES = 16 * 1024;
/** How long somebody may take to say who he is. */
const AUTHORIZE_TIMEOUT_MS = 10_000;
/** Those who have not said yet who they are. Further ones wait for nobody: they are refused. */
const STRANGERS_MAX = 1_000;
/** A client that has not answered the close is left. */
const CLOSE_MS = 1_000;

/** Of RFC 6455: going away; policy violation. */
const closeCodes = { away: 1001, refused: 1008 } as const;

const check = compileSchema(EventSocketMessageSchema);

const readMessage = (data: Buffer, isBinary: boolean): EventSocketMessage => {
  let message: unknown;
  try {
    if (isBinary) throw new TypeError('Messages are text');
    message = JSON.parse(data.toString());
  } catch (cause) {
    throw new Failure('request.malformed', { detail: 'Messages are JSON.', cause });
  }
  return checked(check, message);
};

export const makeEventSockets = ({ budget, admit, allowsOrigin, ...deps }: EventSocketsDeps): EventSockets => {
  const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX_BYTES, perMessageDeflate: false });
  const openSubscriptions = makeSocketSubscriptions(deps);
  const open = new Set<WebSocket>();
  let strangers = 0;

  const serve = (ws: WebSocket, line: SocketLine, given: SocketHolder | undefined): void => {
    const subscriptions = openSubscriptions(line);
    let holder = given;
    let isHeard = true;

    const refuse = (error: unknown, code: number): void => {
      line.say({ error: asFailure(error).toProblem() });
      ws.close(code);
    };
    let isStranger = holder === undefined;
    if (isStranger) strangers++;
    const tooLate = (): void =>
      refuse(new Failure('auth.missing_key', { detail: 'Send {"authorize": "<key>"} first.' }), closeCodes.refused);
    const waiting = isStranger ? setTimeout(tooLate, AUTHORIZE_TIMEOUT_MS).unref() : undefined;
    const isNoStranger = (): void => {
      clearTimeout(waiting);
      if (isStranger) strangers--;
      isStranger = false;
    };

    const authorize = async (key: string): Promise<void> => {
      try {
        holder = await admit(key);
        isNoStranger();
        line.say({ authorized: true });
      } catch (error) {
        refuse(error, closeCodes.refused);
      }
    };
    const take = async ({ authorize: key, subscribe, unsubscribe }: EventSocketMessage): Promise<void> => {
      if (key !== undefined && holder === undefined) return authorize(key);
      if (holder === undefined) {
        return refuse(new Failure('auth.missing_key', { detail: 'The first message is the key.' }), closeCodes.refused);
      }
      if (subscribe !== undefined) await subscriptions.subscribe(subscribe, holder);
      else if (unsubscribe !== undefined) subscriptions.unsubscribe(unsubscribe);
      else line.say({ error: new Failure('request.invalid', { detail: 'You have said who you are.' }).toProblem() });
    };

    // One message after the other: what comes meanwhile waits in the network.
    let last = Promise.resolve();
    let unread = 0;
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      unread++;
      ws.pause();
      last = last
        .then(() => take(readMessage(data, isBinary)))
        .catch((error: unknown) => line.say({ error: asFailure(error).toProblem() }))
        .then(() => {
          if (--unread === 0) ws.resume();
        });
    });
    ws.on('pong', () => (isHeard = true));
    ws.on('error', () => {});
    const beat = (): void => {
      // A full one shows that it lives by reading.
      if (!isHeard) return ws.terminate();
      isHeard = false;
      ws.ping();
      void holder?.leave.isThere().then((isThere) => {
        if (!isThere) refuse(new Failure('auth.wrong_key'), closeCodes.refused);
      });
    };
    const stopBeating = deps.wheel.add({
      get isFull() {
        return line.isFull;
      },
      beat,
    });
    open.add(ws);
    ws.on('close', () => {
      open.delete(ws);
      isNoStranger();
      stopBeating();
      subscriptions.close();
    });
  };

  return {
    get count() {
      return open.size;
    },
    open: (reply, holder) => {
      const upgrade = upgradeOf(reply.request.raw);
      if (upgrade === undefined) throw new Failure('request.malformed', { detail: 'This is for WebSockets.' });
      const { origin, host } = reply.request.headers;
      const isAtHome = origin === undefined || URL.parse(origin)?.host === host;
      if (!isAtHome && !holder?.linked && !allowsOrigin(origin)) {
        throw new Failure('auth.forbidden', { detail: `Pages of ${origin} may not connect.` });
      }
      if (holder === undefined && strangers >= STRANGERS_MAX)
        throw new Failure('events.too_many', { detail: 'Too many have not said yet who they are.' });
      reply.hijack();
      upgrade.isTaken = true;
      const { socket, head } = upgrade;
      reply.raw.detachSocket(socket as Parameters<typeof reply.raw.detachSocket>[0]);
      server.handleUpgrade(reply.request.raw, socket, head, (ws) => {
        serve(ws, openSocketLine(ws, socket, budget), holder);
      });
    },
    close: () => {
      for (const ws of open) {
        ws.close(closeCodes.away);
        setTimeout(() => ws.terminate(), CLOSE_MS).unref();
      }
    },
  };
};
