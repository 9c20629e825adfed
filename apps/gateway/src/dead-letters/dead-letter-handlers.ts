import {
  compileSchema,
  DeadLettersQuerySchema,
  Failure,
  RedriveBodySchema,
  streams,
  type DeadLetterInfo,
  type Page,
  type Redriven,
} from '@nightshift/contracts';
import type { Bus, FeedMessage } from '@nightshift/messaging';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { readLetter, type Letter } from './read-letter.ts';
import { makeRedriveLetter } from './redrive-letter.ts';

export interface DeadLetterDeps {
  bus: Pick<Bus, 'readStream' | 'getMessage' | 'deleteMessage' | 'streamState' | 'publish'>;
}

const LIMIT_DEFAULT = 50;
const READ_AT_ONCE = 50;
const REPORTED_MAX = 100;

const checkQuery = compileSchema(DeadLettersQuerySchema);
const checkRedriveBody = compileSchema(RedriveBodySchema);

const notFound = (id: string): Failure =>
  new Failure('dead_letter.not_found', { detail: `There is no dead letter ${id.slice(0, 64)}` });

export const makeDeadLetterHandlers = ({ bus }: DeadLetterDeps) => {
  const redriveLetter = makeRedriveLetter({ bus });

  /** The letters after a place, oldest first, of one stream or of all. */
  const lettersAfter = async function* (sequence: number, ofStream: string | undefined): AsyncGenerator<FeedMessage> {
    for (let after = sequence; ;) {
      const messages = await bus.readStream(streams.dead, { fromSequence: after + 1, limit: READ_AT_ONCE });
      for (const message of messages) {
        if (ofStream === undefined || message.subject.split('.').at(-2) === ofStream) yield message;
      }
      if (messages.length < READ_AT_ONCE) return;
      after = messages.at(-1)!.sequence;
    }
  };

  const find = async (id: string): Promise<Letter> => {
    const message = /^[1-9]\d{0,14}$/.test(id) ? await bus.getMessage(streams.dead, Number(id)) : undefined;
    if (message === undefined) throw notFound(id);
    return readLetter(bus, message);
  };

  return {
    /** The dead letters, oldest first. @throws Failure `request.invalid`, `messaging.unavailable` */
    list: async (query: Record<string, string | string[] | undefined>): Promise<Page<DeadLetterInfo>> => {
      const {
        stream: ofStream,
        limit = LIMIT_DEFAULT,
        cursor = '0',
      } = checked(checkQuery, coerceQuery(query, DeadLettersQuerySchema));
      const items: DeadLetterInfo[] = [];
      for await (const message of lettersAfter(Number(cursor), ofStream)) {
        if (items.length === limit) return { items, nextCursor: items.at(-1)!.id };
        items.push((await readLetter(bus, message)).info);
      }
      return { items, nextCursor: null };
    },

    /** @throws Failure `dead_letter.not_found`, `messaging.unavailable` */
    get: async (id: string): Promise<DeadLetterInfo> => (await find(id)).info,

    /** Sends one message again, and answers with the letter that it was. @throws Failure `dead_letter.not_found`, `dead_letter.incomplete`, `messaging.unavailable` */
    redrive: async (id: string): Promise<DeadLetterInfo> => {
      const letter = await find(id);
      await redriveLetter(letter);
      return letter.info;
    },

    /**
     * Sends again what has been put aside up to now, of one stream or of all.
     * @throws Failure `request.invalid`, `messaging.unavailable`: what was sent by then is no dead letter any more
     */
    redriveAll: async (body: unknown): Promise<Redriven> => {
      const { stream: ofStream } = checked(checkRedriveBody, body ?? {});
      // What fails again is put aside behind this.
      const last = (await bus.streamState(streams.dead))?.lastSequence ?? 0;
      const answer: Redriven = { redriven: 0, unchanged: [] };
      for await (const message of lettersAfter(0, ofStream)) {
        if (message.sequence > last) break;
        try {
          await redriveLetter(await readLetter(bus, message));
          answer.redriven++;
        } catch (error) {
          if (!(error instanceof Failure) || error.code !== 'dead_letter.incomplete') throw error;
          const { code, message: detail } = error;
          if (answer.unchanged.length < REPORTED_MAX) {
            answer.unchanged.push({ id: String(message.sequence), code, detail });
          }
        }
      }
      return answer;
    },
  };
};

export type DeadLetterHandlers = ReturnType<typeof makeDeadLetterHandlers>;
