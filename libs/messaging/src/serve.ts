import type { Msg } from '@nats-io/transport-node';
import { asFailure, Failure } from '@nightshift/contracts';
import type { Link } from './link.ts';

/** The part of a reply that is not the answer itself, in bytes, generously. */
const ENVELOPE_BYTES = 64;

export const serve = (
  link: Link,
  subject: string,
  handler: (body: unknown, subject: string) => unknown,
  { queue }: { queue: string },
): { close(): Promise<void> } => {
  const refuse = (message: Msg, error: unknown): void => {
    const failure = asFailure(error);
    if (failure.code === 'platform.bug') link.log.error({ err: failure, subject: message.subject }, 'request failed');
    message.respond(JSON.stringify({ problem: failure.toProblem() }));
  };

  const answer = (message: Msg, value: unknown): void => {
    const text = `{"answer":${JSON.stringify(value ?? null)}}`;
    const mostBytes = (link.nc.info?.max_payload ?? Infinity) - ENVELOPE_BYTES;
    if (text.length * 3 > mostBytes && Buffer.byteLength(text) > mostBytes) {
      return refuse(
        message,
        new Failure('http.too_large', { detail: 'The answer is more than one message can carry.' }),
      );
    }
    message.respond(text);
  };

  const subscription = link.nc.subscribe(subject, {
    queue,
    callback: (error, message) => {
      if (error !== null) return link.log.error({ err: error, subject }, 'requests are not heard');
      void respond(message);
    },
  });

  const respond = async (message: Msg): Promise<void> => {
    try {
      answer(message, await handler(message.json(), message.subject));
    } catch (failed) {
      const error = failed instanceof SyntaxError ? new Failure('request.malformed', { cause: failed }) : failed;
      // A request that outlives the connection has nobody left to answer to.
      if (link.isConnected()) refuse(message, error);
    }
  };

  return {
    close: async () => {
      if (!subscription.isClosed() && link.isConnected()) await subscription.drain().catch(() => {});
      else subscription.unsubscribe();
    },
  };
};
