import { LineCounter, parseDocument } from 'yaml';
import { expect, it } from 'vitest';
import { makeLocate } from './locate.ts';

const text = `# A comment.
workflow: a
do:
  - first: { set: 1 }
  - second:
      call: { workflow: b }
"with/slash": 1
`;
const lineCounter = new LineCounter();
const locate = makeLocate(parseDocument(text, { lineCounter }), lineCounter);

it.each([
  ['', 2, 1],
  ['/do/0/first', 4, 5],
  ['/do/1/second/call/workflow', 6, 15],
  ['/do/1/second/missing/deeper', 5, 5],
  ['/do/9', 3, 1],
  ['/with~1slash', 7, 1],
  ['/nothing', 2, 1],
])('%j is at %i:%i', (pointer, line, column) => {
  expect(locate(pointer)).toEqual({ line, column });
});
