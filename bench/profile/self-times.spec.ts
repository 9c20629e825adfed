import { describe, expect, it } from 'vitest';
import { selfTimes } from './self-times.ts';

const frame = (functionName: string, url: string, lineNumber = 0) => ({ functionName, url, lineNumber });

describe('selfTimes', () => {
  it("counts a function's own time, that of Node for who called it, and idling not at all", () => {
    const times = selfTimes({
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 3] },
        { id: 2, callFrame: frame('(idle)', '') },
        { id: 3, callFrame: frame('send', 'file:///x/node_modules/@nats-io/core/lib/a.js', 9), children: [4] },
        { id: 4, callFrame: frame('write', 'node:net', 4), children: [5] },
        { id: 5, callFrame: frame('writev', '') },
      ],
      samples: [3, 5, 2, 5, 3],
      timeDeltas: [1_000, 100, 200, 5_000, 300],
    });

    expect(times.busyUs).toBe(600);
    expect(times.functions).toEqual([
      { name: 'writev ← @nats-io/core', us: 500 },
      { name: 'send  /x/node_modules/@nats-io/core/lib/a.js:10', us: 100 },
    ]);
    expect(times.files).toEqual([
      { name: 'node ← @nats-io/core', us: 500 },
      { name: '@nats-io/core', us: 100 },
    ]);
  });

  it('names what the event loop calls by itself', () => {
    const times = selfTimes({
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 3] },
        { id: 2, callFrame: frame('(garbage collector)', '') },
        { id: 3, callFrame: frame('processImmediate', 'node:internal/timers') },
      ],
      samples: [2, 3],
      timeDeltas: [0, 70, 30],
    });

    expect(times.files).toEqual([
      { name: '(garbage collector)', us: 70 },
      { name: 'node', us: 30 },
    ]);
  });
});
