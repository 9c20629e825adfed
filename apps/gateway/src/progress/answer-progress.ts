import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readWait } from '../door/read-duration.ts';
import type { makeAwaitProgress } from './await-progress.ts';
import type { ProgressStreams, ShowProgress } from './progress-streams.ts';
import type { ReadProgress } from './read-progress.ts';

export interface ProgressReaders {
  read: ReadProgress;
  await: ReturnType<typeof makeAwaitProgress>;
  streams: ProgressStreams;
}

/** Answers with a progress document: at once, when it has changed (`wait`), or each time that it changes (`Accept: text/event-stream`). */
export const answerProgress = async (
  { read, await: awaitChange, streams }: ProgressReaders,
  id: string,
  { headers, query }: HttpRequest,
  reply: FastifyReply,
  show: ShowProgress = (progress) => progress,
): Promise<void> => {
  if (headers.accept?.includes('text/event-stream') !== true) {
    const waitMs = readWait(query);
    const progress = waitMs === undefined ? await read(id) : await awaitChange(id, waitMs);
    return void reply.header('cache-control', 'no-store').send(show(progress));
  }
  const lastEventId = headers['last-event-id'];
  const isOpen = await streams.open(id, typeof lastEventId === 'string' ? lastEventId : undefined, reply.raw, show);
  // A browser's EventSource connects again after every end, unless it is told that there is nothing more.
  if (!isOpen) return void reply.status(204).send();
  reply.hijack();
};
