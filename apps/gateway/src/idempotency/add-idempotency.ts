import { actorOf, answerHeaders, type Caller } from '@nightshift/contracts';
import type { IdempotencyKey, KeptAnswer } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { asksUnderKey } from '../door/asked.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { keyReused, type Claims } from './claims.ts';
import { hashBody, hashRequest, type HashedBody } from './hashed-body.ts';
import { readKey } from './read-key.ts';

export interface AddIdempotencyDeps {
  claims: Claims;
  logger: Pick<Logger, 'warn'>;
}

/** A request that came with a key. */
interface KeyedRequest {
  key: IdempotencyKey;
  body: HashedBody;
  /** It has claimed the key, and is to be answered. */
  isFirst: boolean;
}

/** What is not safe to repeat without a key. */
const keyedMethods = new Set(['POST', 'PATCH']);

/** A longer answer is not kept: a repeat finds what the request made by its ids, and answers from that. */
const KEPT_MAX_LENGTH = 1024 * 1024;
const keptHeaders = [
  'content-type',
  'content-security-policy',
  'location',
  'etag',
  'nightshift-run-id',
  'nightshift-import-id',
  'x-content-type-options',
  ...answerHeaders,
];

/**
 * `Idempotency-Key` on every POST and PATCH: the first request is handled, and its repeats get its answer. It is done in hooks around all
 * handlers, so that none of them can forget it; requests without the header pass by.
 *
 * The body is hashed as it is read. Of one that is a stream the hash is known when it has been handled, so a repeat is claimed without it,
 * and compared when the answer is there.
 */
export const addIdempotency = (fastify: FastifyInstance, { claims, logger }: AddIdempotencyDeps): void => {
  const keyed = new WeakMap<FastifyRequest, KeyedRequest>();

  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const isKeyed = keyedMethods.has(request.method) && !(request.routeOptions.config as RouteRules).isPublic;
    const key = isKeyed ? readKey(request.headers['idempotency-key']) : undefined;
    if (key === undefined || request.is404) return done(null, payload);
    const body = hashBody(payload as unknown as Readable);
    keyed.set(request, {
      key: { scope: scopeOf(request.asked.caller), key },
      body,
      isFirst: false,
    });
    done(null, body.stream);
  });

  fastify.addHook('preHandler', async (request, reply) => {
    const mine = keyed.get(request);
    if (mine === undefined) return;
    const isUpload = request.body instanceof Readable;
    const { method, url } = request;
    const type = isUpload ? 'upload' : (request.headers['content-type'] ?? '');
    const claim = await claims.claim(mine.key, hashRequest(method, url, type, isUpload ? '' : mine.body.digest()));
    if (claim.outcome === 'first') {
      mine.isFirst = true;
      request.asked = asksUnderKey(request.asked.caller, mine.key, claim.at);
      return;
    }
    if (isUpload) {
      await mine.body.drain();
      if (mine.body.digest() !== claim.answer.upload) throw keyReused();
    }
    return replay(reply, claim.answer);
  });

  fastify.addHook('onSend', async (request, reply, payload) => {
    const mine = keyed.get(request);
    if (mine === undefined) return payload;
    keyed.delete(request);
    // What was not read stands before the connection's next request.
    mine.body.stream.resume();
    if (!mine.isFirst) return payload;
    const { statusCode: status } = reply;
    const hasRun = reply.hasHeader('nightshift-run-id');
    // What an import has applied stays, whatever becomes of the rest: the key goes on standing for it.
    const hasImport = reply.hasHeader('nightshift-import-id');
    const isSecret = (request.routeOptions.config as RouteRules).isAnswerKept === false;
    const isKept = !isSecret && (status < 400 || (status < 500 && hasRun));
    const body = payload ?? '';
    const settling =
      isKept && typeof body === 'string' && body.length <= KEPT_MAX_LENGTH
        ? claims.keepAnswer(mine.key, {
            status,
            headers: headersOf(reply),
            body,
            upload: request.body instanceof Readable ? mine.body.digest() : null,
          })
        : claims.release(mine.key, !isSecret && status >= 400 && status < 500 && !hasRun && !hasImport);
    // The answer is right all the same; a repeat is handled anew, with the same ids.
    await settling.catch((error: unknown) => logger.warn({ err: error }, 'idempotency key not settled'));
    return payload;
  });
};

/** Keys of users are their own: the answer to one is not for another. */
const scopeOf = (caller: Caller | undefined): string => {
  if (caller === undefined) return 'anyone';
  const { kind, name, user } = caller;
  return user === undefined ? `${kind}:${name}` : `${kind}:${name}:${actorOf(user)}`;
};

const headersOf = (reply: FastifyReply): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  return headers;
};

const replay = (reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply =>
  reply
    .status(status)
    .headers(headers)
    .header('idempotency-replayed', 'true')
    .send(body === '' ? undefined : body);
