import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { BacklogBudget } from './backlog-budget.ts';
import type { Outlet } from './outlet.ts';
import { eventFrame, frameOf, markFrame, payloadOf, type SseFrame } from './sse-frame.ts';
import type { WriteTurns } from './write-turns.ts';

/** What may wait in memory for one client. A client further behind is waited for, or cut off; it resumes from its place. */
const PENDING_MAX_BYTES = 1024 * 1024;
/** How long a client waits before it connects again. */
const RETRY_MS = 1_000;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
  // Proxies of the nginx kind hold answers back otherwise.
  'x-accel-buffering': 'no',
};

const retryFrame = frameOf(`retry: ${RETRY_MS}\n\n`);

/** @param onClose called once, when the client has gone or the stream has ended */
export type OpenSseOutlet = (response: ServerResponse, onClose: () => void) => Outlet;

/**
 * Server-sent events on responses. Everything written to a client in one turn of the event loop goes out in one piece. The bytes of an event are
 * shared by all clients that get it, and go past the response to its socket, as the chunks that the response has announced.
 */
export const makeOpenSseOutlet =
  ({ turns, budget }: { turns: WriteTurns; budget: BacklogBudget }): OpenSseOutlet =>
  (response, onClose) => {
    let pending: SseFrame[] = [];
    let pendingBytes = 0;
    let isClosed = false;
    let hasEnded = false;
    const backlog = budget.open(() => void response.destroy());

    const socketOf = (): Socket | null => (response.chunkedEncoding ? response.socket : null);

    const writeAll = (frames: readonly SseFrame[]): void => {
      const direct = socketOf();
      const out = direct ?? response;
      if (frames.length > 1) out.cork();
      for (const frame of frames) out.write(direct === null ? payloadOf(frame) : frame.chunk);
      if (frames.length > 1) out.uncork();
    };

    const flush = (): void => {
      const frames = pending;
      [pending, pendingBytes] = [[], 0];
      if (isClosed) return;
      writeAll(frames);
      if (hasEnded) response.end();
      backlog.set(response.writableLength);
    };
    const write = (frame: SseFrame): void => {
      if (isClosed || hasEnded) return;
      if (pendingBytes === 0) turns.flushLater(flush);
      pending.push(frame);
      pendingBytes += frame.chunk.length;
    };
    const isFull = (): boolean => response.writableLength + pendingBytes > PENDING_MAX_BYTES;

    let socket: Socket | null = null;
    const onDrain = (): void => backlog.set(response.writableLength);
    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      pending = [];
      // It may carry further requests.
      socket?.off('drain', onDrain);
      backlog.release();
      onClose();
    };
    response.on('close', close);
    response.on('error', () => {});
    // Gone before we began to listen: nobody will say it again.
    if (response.destroyed) setImmediate(close);
    response.writeHead(200, headers);
    response.flushHeaders();
    ({ socket } = response);
    socket?.on('drain', onDrain);
    write(retryFrame);

    return {
      event: (type, text, id, cache) => write(eventFrame(type, text, id, cache)),
      mark: (id) => write(markFrame(id)),
      gap: (after, id) => write(eventFrame('gap', JSON.stringify({ gap: { after } }), id)),
      get isFull() {
        return isFull();
      },
      get isClosed() {
        return isClosed || hasEnded;
      },
      drained: async () => {
        while (isFull() && !isClosed) {
          if (pendingBytes > 0) flush();
          if (!isFull()) return;
          await drainOf(response);
        }
      },
      end: () => {
        if (isClosed || hasEnded) return;
        if (pendingBytes === 0) turns.flushLater(flush);
        hasEnded = true;
      },
      cut: () => void response.destroy(),
    };
  };

/** Resolves when what was written has gone out, or will not. */
const drainOf = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const { socket } = response;
    const done = (): void => {
      socket?.off('drain', done);
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    socket?.on('drain', done);
    response.on('drain', done);
    response.on('close', done);
  });
