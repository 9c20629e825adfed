import { failureFromProblem, Failure, type Reply } from '@nightshift/contracts';
import type { RequestOptions } from './bus.ts';
import type { Link } from './link.ts';

export const request = async <T>(
  link: Link,
  subject: string,
  body: unknown,
  { timeoutMs, unavailable = 'messaging.unavailable' }: RequestOptions,
): Promise<T> => {
  let reply: Reply<T>;
  try {
    const message = await link.nc.request(subject, JSON.stringify(body ?? null), { timeout: timeoutMs });
    reply = message.json<Reply<T>>();
  } catch (cause) {
    throw new Failure(unavailable, { cause });
  }
  if ('problem' in reply) throw failureFromProblem(reply.problem);
  return reply.answer;
};
