import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PeerEnvironment } from './peer.ts';

export interface Engine {
  url: string;
  close: () => Promise<void>;
}

/** Runs end in well under a second; an engine that takes longer to close is stuck. */
const closeWithinMs = 8_000;

/**
 * The other half of `startEngineProcess`: starts the engine, sees it answer a run, reports its URL, and ends it when the
 * benchmark says so or is gone. Whatever it started by then goes with it.
 */
export const serveEngine = async <Environment extends PeerEnvironment>(
  start: (environment: Environment) => Promise<Engine>,
): Promise<void> => {
  const starting = start(JSON.parse(process.argv[2] ?? '{}') as Environment);
  const end = async (): Promise<void> => {
    setTimeout(killOwnGroup, closeWithinMs);
    try {
      const engine = await starting;
      await engine.close();
    } finally {
      killOwnGroup();
    }
  };
  process.once('disconnect', () => void end());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());

  const { url } = await starting;
  const answer = await fetch(url, { method: 'POST' });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the first run was answered ${answer.status}: ${text}`);
  process.send?.({ url });
};

/** With what the engine started, which a killed benchmark could not end; it leads the group. */
const killOwnGroup = (): void => {
  process.kill(-process.pid, 'SIGKILL');
};

/** The smallest service around a library: every POST starts a run, waits for it and answers its result as JSON. */
export const serveRuns = async (run: () => Promise<unknown>, port = 0): Promise<Engine> => {
  // Shorter, and idle callers would find their connection closed when they send the next request.
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    run().then(
      (result) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(result));
      },
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
