import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { EndpointReply } from './endpoint-call.ts';

/** Smaller, and each line costs a write; larger, and a slow reader holds more of it twice. */
const CHUNK_LENGTH = 64 * 1024;

const chunksOf = function* (lines: readonly unknown[]): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${JSON.stringify(line)}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
};

/** Sends an answer; lines as they are wanted, none of them before. */
export const sendReply = (reply: FastifyReply, { status, headers, body }: EndpointReply): void => {
  void reply.status(status).headers(headers);
  if (typeof body !== 'object') return void reply.send(body);
  void reply.send(Readable.from(chunksOf(body.lines), { objectMode: false }));
};
