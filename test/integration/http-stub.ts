import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubCall {
  path: string;
  method: string;
  headers: IncomingMessage['headers'];
  body: string;
  atMs: number;
  /** Whether the caller closed the connection before it was answered. */
  isAbandoned: boolean;
}

export type StubAnswer = (response: ServerResponse, call: StubCall) => void;

/** The world outside, as `http` steps see it: notes each call and answers as the test says for its path, 404 otherwise. */
export interface HttpStub {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** The calls of a path, or of those that begin with it, if it ends in `/`. */
  calls(path: string): StubCall[];
  /** From now on, this is the answer at the path, or below it, if it ends in `/`. */
  on(path: string, answer: StubAnswer): void;
  close(): void;
}

const matches = (pattern: string, path: string): boolean =>
  pattern.endsWith('/') && pattern !== '/' ? path.startsWith(pattern) : path === pattern;

export const startHttpStub = async (): Promise<HttpStub> => {
  const answers = new Map<string, StubAnswer>();
  const all: StubCall[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url = '/', method = '', headers } = request;
      const body = Buffer.concat(parts).toString();
      const call: StubCall = { path: url, method, headers, body, atMs: Date.now(), isAbandoned: false };
      all.push(call);
      response.on('close', () => (call.isAbandoned = !response.writableFinished));
      const answer = [...answers].find(([pattern]) => matches(pattern, url))?.[1];
      if (answer) answer(response, call);
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    calls: (path) => all.filter((call) => matches(path, call.path)),
    on: (path, answer) => answers.set(path, answer),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Answers with JSON. */
export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): StubAnswer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** Each call gets the next answer; the last one again and again. */
export const inTurn = (...answers: [StubAnswer, ...StubAnswer[]]): StubAnswer => {
  let turn = 0;
  return (response, call) => answers[Math.min(turn++, answers.length - 1)]!(response, call);
};

/** Keeps callers waiting until `open` is called, and answers them as told then. */
export const makeGate = (answer: StubAnswer): { answer: StubAnswer; open: () => void; waiting: () => number } => {
  const waiting: (() => void)[] = [];
  return {
    answer: (response, call) => waiting.push(() => answer(response, call)),
    open: () => {
      for (const go of waiting.splice(0)) go();
    },
    waiting: () => waiting.length,
  };
};
