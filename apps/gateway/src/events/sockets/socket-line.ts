import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { BacklogBudget } from '../backlog-budget.ts';
import type { Outlet } from '../outlet.ts';

/** What may wait in memory for one client, over all its subscriptions. A client further behind is waited for, or cut off; it resumes from its place. */
const PENDING_MAX_BYTES = 1024 * 1024;

/** One client's WebSocket, as its subscriptions write to it. */
export interface SocketLine {
  readonly isFull: boolean;
  readonly isClosed: boolean;
  say(message: object): void;
  /** @param onEnd when nothing more comes of the subscription */
  openOutlet(subscription: string, onEnd: () => void): Outlet;
  cut(): void;
}

export const openSocketLine = (ws: WebSocket, socket: Duplex, budget: BacklogBudget): SocketLine => {
  const backlog = budget.open(() => ws.terminate());
  let isClosed = false;
  const onDrain = (): void => backlog.set(socket.writableLength);
  socket.on('drain', onDrain);
  ws.on('close', () => {
    isClosed = true;
    socket.off('drain', onDrain);
    backlog.release();
  });

  const send = (text: string): void => {
    if (isClosed || ws.readyState !== ws.OPEN) return;
    ws.send(text);
    backlog.set(socket.writableLength);
  };
  const isFull = (): boolean => socket.writableLength > PENDING_MAX_BYTES;
  const drained = async (): Promise<void> => {
    while (isFull() && !isClosed) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off('drain', done);
          ws.off('close', done);
          resolve();
        };
        socket.on('drain', done);
        ws.on('close', done);
      });
    }
  };

  const line: SocketLine = {
    get isFull() {
      return isFull();
    },
    get isClosed() {
      return isClosed;
    },
    say: (message) => send(JSON.stringify(message)),
    openOutlet: (subscription, onEnd) => {
      const beginning = `{"subscription":${JSON.stringify(subscription)}`;
      let hasEnded = false;
      return {
        event: (_type, text, id) => {
          if (!hasEnded) send(`${beginning}${id === undefined ? '' : `,"position":"${id}"`},"event":${text}}`);
        },
        mark: (id) => {
          if (!hasEnded) send(`${beginning},"position":"${id}"}`);
        },
        gap: (after, id) => {
          if (!hasEnded) send(`${beginning},"position":"${id}","gap":${JSON.stringify({ after })}}`);
        },
        get isFull() {
          return isFull();
        },
        get isClosed() {
          return hasEnded || isClosed;
        },
        drained,
        end: () => {
          if (hasEnded) return;
          hasEnded = true;
          send(`${beginning},"ended":true}`);
          onEnd();
        },
        cut: line.cut,
      };
    },
    cut: () => ws.terminate(),
  };
  return line;
};
