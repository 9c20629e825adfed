import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import type { EventStreams } from './event-streams.ts';
import type { FollowedBy } from './follow-events.ts';
import type { Leave } from './leave-to-stay.ts';

/** Answers with run events as they happen, from where the client was. */
export const answerEvents = async (
  streams: EventStreams,
  followed: Omit<FollowedBy, 'after'>,
  leave: Leave,
  { headers }: HttpRequest,
  reply: FastifyReply,
): Promise<void> => {
  const lastEventId = headers['last-event-id'];
  const after = typeof lastEventId === 'string' ? lastEventId : undefined;
  const isOpen = await streams.open({ ...followed, after }, leave, reply.raw);
  // A browser's EventSource connects again after every end, unless it is told that there is nothing more.
  if (!isOpen) return void reply.status(204).send();
  reply.hijack();
};
