import type { ServerResponse } from 'node:http';
import type { Outlet } from './outlet.ts';

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

/**
 * Server-sent events on a response. Everything written in one turn of the event loop goes out in one piece.
 * @param onClose called once, when the client has gone or the stream has ended
 */
export const openSseOutlet = (response: ServerResponse, onClose: () => void): Outlet => {
  let pending = '';
  let isClosed = false;
  let hasEnded = false;

  const flush = (): void => {
    const text = pending;
    pending = '';
    if (isClosed) return;
    if (hasEnded) response.end(text);
    else response.write(text);
  };
  const write = (text: string): void => {
    if (isClosed || hasEnded) return;
    if (pending === '') setImmediate(flush);
    pending += text;
  };
  const isFull = (): boolean => response.writableLength + pending.length > PENDING_MAX_BYTES;

  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    onClose();
  };
  response.on('close', close);
  response.on('error', () => {});
  // Gone before we began to listen: nobody will say it again.
  if (response.destroyed) setImmediate(close);
  response.writeHead(200, headers);
  pending = `retry: ${RETRY_MS}\n\n`;
  setImmediate(flush);

  return {
    event: (type, text, id) => write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${text}\n\n`),
    mark: (id) => write(`:\nid: ${id}\n\n`),
    get isFull() {
      return isFull();
    },
    get isClosed() {
      return isClosed || hasEnded;
    },
    drained: async () => {
      while (isFull() && !isClosed) {
        if (pending !== '') flush();
        if (!isFull()) return;
        await new Promise<void>((resolve) => {
          const done = (): void => {
            response.off('drain', done);
            response.off('close', done);
            resolve();
          };
          response.on('drain', done);
          response.on('close', done);
        });
      }
    },
    end: () => {
      if (isClosed || hasEnded) return;
      if (pending === '') setImmediate(flush);
      hasEnded = true;
    },
    cut: () => void response.destroy(),
  };
};
