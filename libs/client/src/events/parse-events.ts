/** One server-sent event. Without `data` it only tells the reader's place. */
export interface SentEvent {
  id: string | undefined;
  event: string | undefined;
  data: string | undefined;
  retryMs: number | undefined;
}

/** Splits a stream of server-sent events (WHATWG HTML, section 9.2) into blocks. Comments are dropped. */
export const makeEventParser = (): ((text: string) => SentEvent[]) => {
  let rest = '';

  const parseBlock = (block: string): SentEvent | undefined => {
    const sent: SentEvent = { id: undefined, event: undefined, data: undefined, retryMs: undefined };
    let hasField = false;
    for (const line of block.split(/\r\n|\n|\r/)) {
      if (line === '' || line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      hasField = true;
      if (field === 'id') sent.id = value;
      else if (field === 'event') sent.event = value;
      else if (field === 'data') sent.data = sent.data === undefined ? value : `${sent.data}\n${value}`;
      else if (field === 'retry' && /^\d+$/.test(value)) sent.retryMs = Number(value);
    }
    return hasField ? sent : undefined;
  };

  return (text) => {
    const blocks = (rest + text).split(/\n\n|\r\n\r\n/);
    rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => parseBlock(block) ?? []);
  };
};
