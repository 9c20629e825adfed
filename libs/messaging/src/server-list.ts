/** Where to connect and as whom, as the client wants it. */
export interface ServerList {
  servers: string[];
  user?: string;
  pass?: string;
  token?: string;
  tls?: object;
}

/**
 * Reads `nats://user:password@host:port,nats://host:port`. The credentials are those of the first address that has some; a
 * user without a password is a token.
 * @throws Error naming no part of the url, for it may hold a password
 */
export const parseServerList = (url: string): ServerList => {
  const list: ServerList = { servers: [] };
  for (const part of url.split(',')) {
    const address = URL.parse(part.includes('://') ? part.trim() : `nats://${part.trim()}`);
    if (address === null || address.hostname === '') throw new Error('the url of the message server cannot be read');
    list.servers.push(address.port === '' ? address.hostname : `${address.hostname}:${address.port}`);
    if (address.protocol === 'tls:') list.tls = {};
    if (address.username === '' || list.user !== undefined || list.token !== undefined) continue;
    if (address.password === '') {
      list.token = decodeURIComponent(address.username);
    } else {
      list.user = decodeURIComponent(address.username);
      list.pass = decodeURIComponent(address.password);
    }
  }
  return list;
};
