import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of a request: it never arrives (`cut`), it arrives and its answer is lost (`lose`), a proxy has nobody to pass it on to
 * (`refuse`), or nothing is wrong (`pass`).
 */
export type Fault = 'cut' | 'lose' | 'refuse' | 'pass';

/** A proxy before a gateway that spoils what it is told to. */
export interface FlakyDoor {
  readonly url: string;
  /** Of the requests that came, the path of each. */
  readonly asked: string[];
  /** Faults of the requests to come, in their order; all later ones pass. */
  expect(...faults: Fault[]): void;
  /** Breaks every connection there is. */
  slam(): void;
  close(): Promise<void>;
}

export const openFlakyDoor = async (gatewayUrl: string): Promise<FlakyDoor> => {
  const asked: string[] = [];
  let faults: Fault[] = [];

  const passOn = (request: IncomingMessage, response: ServerResponse, isLost: boolean): void => {
    const onward = ask(
      gatewayUrl + request.url,
      { method: request.method ?? 'GET', headers: request.headers },
      (answer) => {
        if (isLost) {
          answer.resume();
          answer.on('end', () => response.socket?.destroy());
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const fault = faults.shift() ?? 'pass';
    if (fault === 'cut') request.socket.destroy();
    else if (fault === 'refuse') response.writeHead(503, { 'retry-after': '0' }).end('<html>nobody there</html>');
    else passOn(request, response, fault === 'lose');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    expect: (...given) => (faults = given),
    slam: () => server.closeAllConnections(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
