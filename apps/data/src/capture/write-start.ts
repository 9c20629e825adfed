import type { EventFrame } from './event-writer.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * The event of a start that SQL asked for (`SqlStartEvent`), as JSON. What is no JSON goes on as a text, for the trigger service to refuse.
 * @param content of the logical message; undefined: it was too large to be sent
 */
export const writeStart = (content: string | undefined, { id, time, origin }: EventFrame): string => {
  const start = content === undefined ? 'null' : isJson(content) ? content : JSON.stringify(content.slice(0, 1_000));
  return (
    `{"specversion":"1.0","id":"${id}","source":"/nightshift/data","type":"nightshift.start","time":"${time}",` +
    `"datacontenttype":"application/json","data":{"start":${start},"origin":${origin}}}`
  );
};
