import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** For servers that cannot report a port they chose themselves. Another process may take it first; then they fail to start. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
