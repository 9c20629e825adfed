import { Failure, streams, subjects, type DeadLetterInfo, type StreamDeclaration } from '@nightshift/contracts';
import type { Bus, DeadLetter, FeedMessage } from '@nightshift/messaging';

/** A dead letter, and where the message that it is about still lies. */
export interface Letter {
  info: DeadLetterInfo;
  /** The message in its own stream: nobody acknowledged it, so a work queue keeps it. Absent: the letter holds all there is. */
  original?: { stream: StreamDeclaration; sequence: number };
}

/** What the server says when a message was delivered as often as it may be, and never answered. */
interface MaxDeliveries {
  stream_seq: number;
  deliveries: number;
}

const declarations: ReadonlyMap<string, StreamDeclaration> = new Map(
  Object.values(streams).map((stream) => [stream.name, stream]),
);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Streams that were lost begin to count anew: what is younger than the letter is another message. */
const readOriginal = async (
  bus: Pick<Bus, 'getMessage'>,
  stream: StreamDeclaration | undefined,
  { sequence, before }: { sequence: number; before: Date },
): Promise<FeedMessage | undefined> => {
  const message = stream && (await bus.getMessage(stream, sequence));
  return message !== undefined && message.time <= before ? message : undefined;
};

/** Reads one message of the stream of dead letters: what a consumer put aside, or what only the server noticed. */
export const readLetter = async (bus: Pick<Bus, 'getMessage'>, message: FeedMessage): Promise<Letter> => {
  const [stream = '', consumer = ''] = message.subject.split('.').slice(-2);
  const place = { id: String(message.sequence), stream, consumer, at: message.time.toISOString() };
  if (message.subject === subjects.dead(stream, consumer)) {
    const { reason, subject, payload, deliveries } = parse(message.text) as DeadLetter;
    return { info: { ...place, reason, deliveries, subject, ...(payload !== null && { payload }) } };
  }

  const { stream_seq: sequence, deliveries } = parse(message.text) as MaxDeliveries;
  const reason = new Failure('message.unanswered', { detail: `It was delivered ${deliveries} times` }).toProblem();
  const declaration = declarations.get(stream);
  const original = await readOriginal(bus, declaration, { sequence, before: message.time });
  return {
    info: {
      ...place,
      reason,
      deliveries,
      ...(original && { subject: original.subject, payload: parse(original.text) }),
    },
    ...(original && declaration && { original: { stream: declaration, sequence } }),
  };
};
