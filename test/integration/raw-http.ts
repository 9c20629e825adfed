import { connect } from 'node:net';

/** What came back on a connection. */
export interface RawAnswer {
  /** Of the first answer; 0: the connection was closed without one. */
  status: number;
  /** How many answers there were. */
  count: number;
  /** The first answer's head, in lower case. */
  head: string;
  text: string;
}

/** Sends bytes as they are, and hears until the other side closes the connection. */
export const sendRaw = (url: string, ...parts: readonly (string | Buffer)[]): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    // A connection that stays open has said what there is.
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      const head = text.split('\r\n\r\n', 1)[0]!.toLowerCase();
      resolve({ status, count: text.split(/^HTTP\/1\.1 /m).length - 1, head, text });
    });
    for (const part of parts) socket.write(part);
  });

/** A request whose path and headers are sent as they are. */
export const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers.map((header) => `${header}\r\n`).join('')}` +
  `${body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`;
