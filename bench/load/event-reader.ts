import { connect, type Socket } from 'node:net';

export interface EventReaderOptions {
  host: string;
  port: number;
  key: string;
  /** Of `GET /v1/events`. */
  query: string;
  /** Reads nothing once the stream is open. */
  isStalled: boolean;
  onEvent: (sentAtMs: number) => void;
  onClose: () => void;
}

const mark = '"sentAt":';

/** One server-sent stream over a plain socket, read with as little work as there can be: ten thousand of them are read by two processes. */
export const openEventReader = (options: EventReaderOptions): Promise<Socket> => {
  const { host, port, key, query, isStalled, onEvent, onClose } = options;
  const socket = connect(port, host);
  let rest = '';
  const take = (bytes: Buffer): void => {
    const text = rest + bytes.toString('latin1');
    let from = 0;
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, from)) {
      const end = text.indexOf('}', at);
      if (end === -1) break;
      onEvent(Number(text.slice(at + mark.length, end)));
      from = end;
    }
    // What may be the beginning of an event whose end is still to come.
    rest = text.endsWith('\n\n\r\n') ? '' : text.slice(Math.max(from, text.lastIndexOf('\n\n\r\n')));
  };
  return new Promise((resolve, reject) => {
    let answer = '';
    const takeAnswer = (bytes: Buffer): void => {
      answer += bytes.toString('latin1');
      if (!answer.includes('retry:')) return;
      socket.off('data', takeAnswer);
      if (!answer.startsWith('HTTP/1.1 200')) return reject(new Error(answer.slice(0, 300)));
      if (isStalled) socket.pause();
      else socket.on('data', take);
      resolve(socket);
    };
    socket.on('data', takeAnswer);
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error(`the gateway has closed: ${answer.slice(0, 300)}`));
      onClose();
    });
    socket.write(`GET /v1/events?${query} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  });
};
