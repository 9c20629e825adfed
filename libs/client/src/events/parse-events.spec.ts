import { describe, expect, it } from 'vitest';
import { makeEventParser } from './parse-events.ts';

describe('the parser of server-sent events', () => {
  it('reads blocks in whatever pieces they come', () => {
    const text = 'retry: 500\n\n:\nid: 1-2\n\nid: 1-3\nevent: RunStarted\ndata: {"a":1}\n\n: quiet\n\n';
    const parse = makeEventParser();
    const sent = [...text].flatMap((character) => parse(character));
    expect(sent).toEqual([
      { id: undefined, event: undefined, data: undefined, retryMs: 500 },
      { id: '1-2', event: undefined, data: undefined, retryMs: undefined },
      { id: '1-3', event: 'RunStarted', data: '{"a":1}', retryMs: undefined },
    ]);
    expect(makeEventParser()(text)).toEqual(sent);
  });

  it('joins several lines of data', () => {
    expect(makeEventParser()('data: a\ndata:b\n\n')[0]?.data).toBe('a\nb');
  });

  it('keeps what is not complete', () => {
    expect(makeEventParser()('data: a\n')).toEqual([]);
  });
});
