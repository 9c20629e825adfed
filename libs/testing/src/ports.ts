import { createServer, type Server } from 'node:net';

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a TCP address');
  return address.port;
};

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/**
 * `count` different ports of 127.0.0.1 that are free at this moment. All are held until the last is known, so that
 * one call never returns the same port twice; another process may still take one before it is used.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
};

/** One free port, as `freePorts`. */
export const freePort = async (): Promise<number> => (await freePorts(1))[0] as number;

/** Whether somebody could listen on this port of 127.0.0.1 now. */
export const isPortFree = async (port: number): Promise<boolean> => {
  try {
    await close(await listen(port));
    return true;
  } catch {
    return false;
  }
};
