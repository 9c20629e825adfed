import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeHttpCaller, type HttpCaller } from './http-caller.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that answers each request with what `respond` writes, so that a test decides where the packets are cut. */
const serve = async (
  respond: (socket: Socket, request: string) => void | Promise<void>,
  options: { connections?: number; timeoutMs?: number } = {},
): Promise<{ caller: HttpCaller; accepted: () => number }> => {
  let accepted = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => void respond(socket, data.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const caller = makeHttpCaller({
    url: `http://127.0.0.1:${address.port}/runs?wait=true`,
    headers: { authorization: 'Bearer key' },
    connections: 1,
    ...options,
  });
  cleanups.push(() => {
    caller.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { caller, accepted: () => accepted };
};

describe('makeHttpCaller', () => {
  it('sends one JSON request and reads the answer, on one connection for all', async () => {
    const requests: string[] = [];
    const { caller, accepted } = await serve((socket, request) => {
      requests.push(request);
      socket.write('HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"ä":12}');
    });

    expect(await caller.send('{"ü":1}')).toEqual({ status: 201, body: '{"ä":12}' });
    expect(await caller.send()).toEqual({ status: 201, body: '{"ä":12}' });
    expect(accepted()).toBe(1);
    expect(requests[0]).toMatch(/^POST \/runs\?wait=true HTTP\/1.1\r\nhost: 127.0.0.1:\d+\r\n/);
    expect(requests[0]).toContain('\r\nauthorization: Bearer key\r\n');
    expect(requests[0]).toMatch(/content-length: 8\r\n\r\n\{"ü":1\}$/);
  });

  it('puts together an answer that arrives byte by byte, chunked and with a trailer', async () => {
    const answer =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' +
      '5\r\nhello\r\nA;x=1\r\n to you 12\r\n0\r\nx-end: 1\r\n\r\n';
    const { caller } = await serve(async (socket) => {
      for (const byte of answer) {
        socket.write(byte);
        await sleep(1);
      }
    });

    expect(await caller.send()).toEqual({ status: 200, body: 'hello to you 12' });
  });

  it('reads a body that ends with the connection, then opens another one', async () => {
    const { caller, accepted } = await serve((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nbye'));

    expect(await caller.send()).toEqual({ status: 200, body: 'bye' });
    expect(await caller.send()).toEqual({ status: 200, body: 'bye' });
    expect(accepted()).toBe(2);
  });

  it('lets further requests wait for a connection', async () => {
    const { caller, accepted } = await serve(
      async (socket) => {
        await sleep(5);
        socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      },
      { connections: 2 },
    );

    const answers = await Promise.all(Array.from({ length: 9 }, () => caller.send()));
    expect(answers).toHaveLength(9);
    expect(accepted()).toBe(2);
  });

  it('rejects when there is no answer: closed, refused, late', async () => {
    const closing = await serve((socket) => void socket.destroy());
    await expect(closing.caller.send()).rejects.toThrow(/closed the connection|ECONNRESET/);

    const nobody = makeHttpCaller({ url: 'http://127.0.0.1:1/', connections: 1 });
    await expect(nobody.send()).rejects.toThrow('ECONNREFUSED');
    nobody.close();

    const silent = await serve(() => undefined, { timeoutMs: 40 });
    await expect(silent.caller.send()).rejects.toThrow('no answer in 40 ms');
  });

  it('rejects what is under way and what waits when it is closed', async () => {
    const { caller } = await serve(() => undefined);
    const both = Promise.allSettled([caller.send(), caller.send()]);
    await sleep(20);
    caller.close();

    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
