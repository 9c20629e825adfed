import type { StoredMsg } from '@nats-io/jetstream';
import type { StreamDeclaration } from '@nightshift/contracts';
import type { FeedMessage } from './bus.ts';
import type { Link } from './link.ts';
import { look } from './stream-state.ts';

const toMessage = (stored: StoredMsg): FeedMessage => ({
  sequence: stored.seq,
  subject: stored.subject,
  text: stored.string(),
  time: stored.time,
});

const readOne = async (
  link: Link,
  stream: StreamDeclaration,
  query: { seq: number; next_by_subj?: string },
): Promise<FeedMessage | undefined> => {
  // The server takes both keys together; the client's type knows them one by one.
  const message = await look(link, (manager) => manager.streams.getMessage(stream.name, query as { seq: number }));
  return message ? toMessage(message) : undefined;
};

export const getMessage = (link: Link, stream: StreamDeclaration, sequence: number): Promise<FeedMessage | undefined> =>
  readOne(link, stream, { seq: sequence });

export const readStream = async (
  link: Link,
  stream: StreamDeclaration,
  { fromSequence, limit }: { fromSequence: number; limit: number },
): Promise<FeedMessage[]> => {
  const messages: FeedMessage[] = [];
  let seq = fromSequence;
  while (messages.length < limit) {
    const message = await readOne(link, stream, { seq, next_by_subj: '>' });
    if (message === undefined) break;
    messages.push(message);
    seq = message.sequence + 1;
  }
  return messages;
};

export const deleteMessage = async (link: Link, stream: StreamDeclaration, sequence: number): Promise<boolean> => {
  // Releases of the server differ in how they refuse to delete what is not there.
  if ((await getMessage(link, stream, sequence)) === undefined) return false;
  const isDeleted = await look(link, (manager) =>
    manager.streams.deleteMessage(stream.name, sequence).catch(async (error: unknown) => {
      if ((await getMessage(link, stream, sequence)) === undefined) return false;
      throw error;
    }),
  );
  return isDeleted === true;
};
