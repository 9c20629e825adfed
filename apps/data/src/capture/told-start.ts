import { subjects } from '@nightshift/contracts';
import type { EventFrame } from './event-writer.ts';
import type { ToldChange } from './told-change.ts';

/** What the functions write is smaller. Larger would be refused by the message server. */
const START_MAX_BYTES = 1_000_000;
/** Of what is no start, as much as tells what it is. */
const SHOWN_LENGTH = 1_000;

/**
 * The event of a start that SQL asked for (`SqlStartEvent`), out of the content of its logical message. What is no JSON is told as a text,
 * and what is too large without its content, for the trigger service to put aside.
 * @param index among the starts of the transaction
 */
export const tellStart = (content: string, { transaction, time, origin }: EventFrame, index: number): ToldChange => {
  const id = `${transaction}/s${index}`;
  const bytes = Buffer.byteLength(content);
  const isTooLarge = bytes > START_MAX_BYTES;
  const start = isTooLarge ? 'null' : isJson(content) ? content : JSON.stringify(content.slice(0, SHOWN_LENGTH));
  const json =
    `{"specversion":"1.0","id":"${id}","source":"/nightshift/data","type":"nightshift.start","time":"${time}",` +
    `"datacontenttype":"application/json","data":{"start":${start},"origin":${origin}}}`;
  return { id, subject: subjects.sqlStart, json, oversize: isTooLarge ? bytes : undefined };
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
