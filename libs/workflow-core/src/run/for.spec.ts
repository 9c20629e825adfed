import { describe, expect, it } from 'vitest';
import { deeds, failing, failingForGood, giving, outline, planOf, resultsOf, walk } from './virtual-run.fixture.ts';

describe('a loop over items', () => {
  const plan = planOf(`
- l:
    for:
      in: [a, b]
      do:
        - before: { set: { item: =item, index: =index, previous: =previous } }
        - after: { set: =before.item & index }
- end: { set: =l }
`);

  it('goes round once for each, and gives the last results of the rounds', async () => {
    const { events, state } = await walk(plan);
    expect(outline(events)).toEqual([
      'RunRequested',
      'RunStarted',
      'StepStarted l',
      'IterationStarted l 0',
      'StepCompleted before@0',
      'StepCompleted after@0',
      'IterationCompleted l 0',
      'IterationStarted l 1',
      'StepCompleted before@1',
      'StepCompleted after@1',
      'IterationCompleted l 1',
      'StepCompleted l',
      'StepCompleted end',
      'RunSucceeded',
    ]);
    expect(resultsOf(events, 'before')).toEqual([
      { item: 'a', index: 0 },
      { item: 'b', index: 1, previous: 'a0' },
    ]);
    expect(state.results).toEqual({ l: ['a0', 'b1'], end: ['a0', 'b1'] });
  });
});

it.each<[string, string, unknown]>([
  ['each and at give other names', '{ in: [a], each: thing, at: n, do: [{ s: { set: =thing & n } }] }', ['a0']],
  ['return says what a round gives', '{ in: [1, 2], do: [{ s: { set: =item * 2 } }], return: =s + index }', [2, 5]],
  ['while ends it early', '{ in: [1, 2, 3, 4], while: item < 3, do: [{ s: { set: =item } }] }', [1, 2]],
  [
    'while alone goes on as long as it is true',
    '{ while: $not($exists(previous)) or previous < 8, do: [{ s: { set: "=$exists(previous) ? previous * 2 : 1" } }] }',
    [1, 2, 4, 8],
  ],
  ['no items is no round', '{ in: [], do: [{ s: { set: 1 } }] }', []],
  ['a round that gives nothing gives null', '{ in: [1], do: [{ s: { log: x } }] }', [null]],
  ['a skipped last step gives nothing', '{ in: [1, 2], do: [{ s: { if: item = 2, set: =item } }] }', [null, 2]],
  ['a limit that is just kept', '{ while: index < 3, limit: 3, do: [{ s: { set: =index } }] }', [0, 1, 2]],
])('%s', async (_, loop, result) => {
  const { state, events } = await walk(planOf(`- l: { for: ${loop} }`));
  expect(deeds(events).at(-1)).toBe('RunSucceeded');
  expect(state.results).toEqual({ l: result });
});

it('fails where it has more rounds than it may', async () => {
  const { events } = await walk(planOf('- l: { for: { while: 1 = 1, limit: 2, do: [{ s: { set: =index } }] } }'));
  expect(deeds(events)).toEqual([
    'StepCompleted s@0',
    'StepCompleted s@1',
    'StepFailed l loop.too_long',
    'RunFailed loop.too_long',
  ]);
});

describe('loops in loops', () => {
  const plan = planOf(`
- outer:
    for:
      in: [a, b]
      each: letter
      do:
        - inner:
            for:
              in: [1, 2]
              do:
                - s: { set: =letter & item & '-' & previous }
        - sum: { set: =inner }
`);

  it('tell each execution by its indexes, and begin without a previous round', async () => {
    const { events, state } = await walk(plan);
    expect(deeds(events).filter((line) => / (s|inner)@/.test(line))).toEqual([
      'StepCompleted s@0.0',
      'StepCompleted s@0.1',
      'StepCompleted inner@0',
      'StepCompleted s@1.0',
      'StepCompleted s@1.1',
      'StepCompleted inner@1',
    ]);
    expect(state.results['outer']).toEqual([
      ['a1-', 'a2-a1-'],
      ['b1-', 'b2-b1-'],
    ]);
  });
});

it('no round sees what an earlier one gave', async () => {
  const plan = planOf(`
- l:
    for:
      in: [1, 2, 3]
      do:
        - odd: { if: item != 2, set: =item }
        - inside: { if: $exists(odd), do: [{ deep: { set: =odd } }] }
        - handled: { http: { url: 'https://a.b' }, catch: { do: [{ instead: { set: =error.code } }] } }
        - seen: { set: { odd: =odd, deep: =deep, instead: =instead } }
`);
  const { state } = await walk(plan, { answers: { 'handled@0': failing('http.status') } });
  expect(state.results['l']).toEqual([{ odd: 1, deep: 1, instead: 'http.status' }, {}, { odd: 3, deep: 3 }]);
});

describe('a step that fails in a loop', () => {
  const plan = planOf(`
- l:
    for:
      in: [a, b]
      do:
        - s: { http: { url: 'https://a.b' }, retry: { delay: PT1S, limit: { attempts: 2 } } }
`);

  it('is tried again in its round', async () => {
    const { events, state } = await walk(plan, { answers: { 's@1#1': failing(), 's@1#2': giving(2) } });
    expect(deeds(events)).toEqual([
      'StepCompleted s@0',
      'StepRetried s@1 http.status',
      'StepCompleted s@1#2',
      'StepCompleted l',
      'RunSucceeded',
    ]);
    expect(state.results['l']).toEqual(['s was done', 2]);
  });

  it('fails the loop', async () => {
    const { events } = await walk(plan, { answers: { 's@1': failingForGood() } });
    expect(deeds(events)).toEqual(['StepCompleted s@0', 'StepFailed s@1 http.status', 'RunFailed http.status']);
  });

  it('is a failure of the loop if it is the expression of while or return', async () => {
    for (const part of ["while: item > 'x'", "return: =s > 'x'"]) {
      const { events } = await walk(planOf(`- l: { for: { in: [1], ${part}, do: [{ s: { set: 1 } }] } }`));
      expect(deeds(events).slice(-2)).toEqual(['StepFailed l expression.failed', 'RunFailed expression.failed']);
    }
  });
});
