import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters } from 'jose';

/** A key of the issuer, the public half as it publishes it. */
export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

export const makeSigningKey = async (kid: string, alg = 'RS256'): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
};

/** An issuer of tokens as OpenID Connect has it, on this machine. */
export interface LocalIssuer {
  readonly url: string;
  readonly audience: string;
  /** How often its keys were asked for. */
  readonly fetches: number;
  publish(...keys: SigningKey[]): void;
  /** What it answers with in place of its keys. */
  answerWith(answer: { status: number; headers?: Record<string, string>; body?: string } | undefined): void;
  /** A token that is good for an hour, unless told otherwise. */
  token(key: SigningKey, claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
}

export const openLocalIssuer = async (): Promise<LocalIssuer> => {
  let published: SigningKey[] = [];
  let inPlace: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  let fetches = 0;
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    if (isKeys) fetches++;
    if (isKeys && inPlace !== undefined)
      return void response.writeHead(inPlace.status, inPlace.headers).end(inPlace.body ?? '');
    response.setHeader('content-type', 'application/json');
    if (isKeys) return void response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
    if (request.url === '/.well-known/openid-configuration')
      return void response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const audience = 'nightshift-tests';
  return {
    url,
    audience,
    get fetches() {
      return fetches;
    },
    publish: (...keys) => {
      published = keys;
    },
    answerWith: (answer) => {
      inPlace = answer;
    },
    token: ({ kid, alg, privateKey }, claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: url, aud: audience, iat: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
