import { Failure } from '@nightshift/contracts';

/** Fetches a JSON object of an issuer. @throws Failure `auth.issuer_unavailable` */
export type FetchJson = (url: string) => Promise<Record<string, unknown>>;

/** Shorter, and an issuer on a bad day is not heard; longer, and requests with its tokens wait for as long. */
const TIMEOUT_MS = 5_000;
/** Documents of issuers are a few kilobytes. */
const MAX_BYTES = 256 * 1024;

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether keys may come from there: what arrives without TLS may come from anybody. */
export const isTrustedUrl = (text: unknown, allowsLoopback: boolean): text is string => {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && allowsLoopback && loopback.has(hostname));
};

const unavailable = (url: string, why: string, cause?: unknown): Failure =>
  new Failure('auth.issuer_unavailable', { detail: `${new URL(url).origin} ${why}`, cause });

const readText = async (url: string, { body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > MAX_BYTES) throw unavailable(url, 'answers with more than keys are');
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/**
 * Fetches over the one way out that the gateway has: to where an admin has said, or where that place says; never to where it redirects.
 * @param allowsLoopback for development: `http` to this machine
 */
export const makeFetchJson =
  (allowsLoopback: boolean): FetchJson =>
  async (url) => {
    if (!isTrustedUrl(url, allowsLoopback))
      throw new Failure('auth.issuer_unavailable', { detail: 'Keys are fetched over https alone' });
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
      if (!response.ok) {
        await response.body?.cancel();
        throw unavailable(url, `answers with ${response.status}`);
      }
      const value: unknown = JSON.parse(await readText(url, response));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
      throw unavailable(url, 'answers with no object');
    } catch (error) {
      throw error instanceof Failure ? error : unavailable(url, 'does not answer', error);
    }
  };
