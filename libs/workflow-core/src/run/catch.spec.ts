import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from './virtual-run.fixture.ts';
import { deeds, failing, failingForGood, fold, giving, planOf, secondsOf, walk } from './virtual-run.fixture.ts';

describe('what a catch takes', () => {
  const tried = (errors: string) =>
    planOf(`
- t:
    try: [{ a: { set: first } }, { pay: { http: { url: 'https://a.b' } } }, { never: { set: 1 } }]
    catch: { errors: ${errors}, do: [{ tell: { set: "=error.step & ': ' & error.code & ', ' & a" } }] }
- end: { set: { t: =t, never: =$exists(never) } }`);

  it.each<[string, string, Answer, boolean]>([
    ['its type', '{ type: http.status }', failingForGood(), true],
    ['another type', '{ type: http.failed }', failingForGood(), false],
    ['one of several types', '{ type: [data.gone, http.status] }', failingForGood(), true],
    ['everything that begins so', '{ type: http.* }', failingForGood(), true],
    ['what only looks as if it began so', '{ type: http.* }', failingForGood('https.status'), false],
    ['the beginning itself', '{ type: http.* }', failingForGood('http'), false],
    ['its status', '{ status: [402, 503] }', failingForGood('http.status', 402), true],
    ['another status', '{ status: 402 }', failingForGood('http.status', 404), false],
    ['the right status of another type', '{ type: data.*, status: 402 }', failingForGood('http.status', 402), false],
  ])('%s', async (_, errors, pay, isTaken) => {
    const { events, state } = await walk(tried(errors), { answers: { pay } });
    const code = pay.kind === 'failed' ? pay.problem.code : '';
    if (isTaken) {
      expect(deeds(events)).toEqual([
        'StepCompleted a',
        'StepFailed pay t',
        'StepCompleted tell',
        'StepCompleted t',
        'StepCompleted end',
        'RunSucceeded',
      ]);
      expect(state.results['end']).toEqual({ t: `pay: ${code}, first`, never: false });
    } else expect(deeds(events)).toEqual(['StepCompleted a', `StepFailed pay ${code}`, `RunFailed ${code}`]);
  });
});

describe('who takes a failure', () => {
  const plan = planOf(`
- outer:
    try:
      - inner:
          try: [{ s: { http: { url: 'https://a.b' } } }]
          catch: { errors: { type: http.status }, do: [{ second: { http: { url: 'https://a.b' } } }] }
    catch: { do: [{ instead: { set: =error.step & ' ' & error.code & ' ' & error.attempt } }] }
- end: { set: =outer }`);

  it.each<[string, Record<string, Answer>, string[], unknown]>([
    ['nobody, if there is none', {}, ['StepCompleted s', 'StepCompleted inner'], 's was done'],
    [
      'the nearest that fits',
      { s: failingForGood() },
      ['StepFailed s inner', 'StepCompleted second', 'StepCompleted inner'],
      'second was done',
    ],
    [
      'one further out, if the nearest does not fit',
      { s: failingForGood('data.gone') },
      ['StepFailed s outer', 'StepCompleted instead'],
      's data.gone 1',
    ],
    [
      'one further out, if the catch itself fails, even with what it takes',
      { s: failingForGood(), second: failingForGood() },
      ['StepFailed s inner', 'StepFailed second outer', 'StepCompleted instead'],
      'second http.status 1',
    ],
  ])('%s', async (_, answers, steps, result) => {
    const { events, state } = await walk(plan, { answers });
    expect(deeds(events)).toEqual([...steps, 'StepCompleted outer', 'StepCompleted end', 'RunSucceeded']);
    expect(state.results['end']).toBe(result);
    expect(state.steps).toEqual({});
    expect(Object.keys(state.positions)).toEqual(['']);
  });

  it('the failure of a catch that nobody takes is the failure of the run', async () => {
    const one = planOf(`
- s: { http: { url: 'https://a.b' }, catch: { do: [{ second: { raise: { type: it.is_over } } }] } }`);
    const { events } = await walk(one, { answers: { s: failingForGood() } });
    expect(deeds(events)).toEqual(['StepFailed s s', 'StepFailed second it.is_over', 'RunFailed it.is_over']);
  });
});

it('a catch without steps lets the run go on without a result', async () => {
  const plan = planOf("- s: { http: { url: 'https://a.b' }, catch: {} }\n- end: { set: =$exists(s) }");
  const { events, state } = await walk(plan, { answers: { s: failingForGood() } });
  expect(deeds(events)).toEqual(['StepFailed s s', 'StepCompleted s', 'StepCompleted end', 'RunSucceeded']);
  expect(state.results).toEqual({ end: false });
});

it('a catch inside a loop is that of its round', async () => {
  const plan = planOf(`
- l:
    for:
      in: [a, b, c]
      do: [{ s: { http: { url: 'https://a.b' }, catch: { do: [{ instead: { set: =item & error.status } }] } } }]`);
  const { state } = await walk(plan, { answers: { 's@1': failingForGood('http.status', 404) } });
  expect(state.results['l']).toEqual(['s was done', 'b404', 's was done']);
});

it('a step that always fails has as many attempts as it may have, each after its delay', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom('constant', 'linear', 'exponential'),
      async (attempts, maxDelay, backoff) => {
        const policy = `{ delay: PT1S, backoff: ${backoff}, maxDelay: PT${maxDelay}S, limit: { attempts: ${attempts} } }`;
        const plan = planOf(`- s: { http: { url: 'https://a.b' }, retry: ${policy} }`);
        const { events } = await walk(plan, { answers: { s: failing() } });
        expect(events.filter(({ type }) => type === 'StepRetried')).toHaveLength(attempts - 1);
        expect(events.at(-2)).toMatchObject({ type: 'StepFailed', data: { attempt: attempts } });
        const delays = events.flatMap((event) =>
          event.type === 'StepRetried' ? [Date.parse(event.data.retryAt) - Date.parse(event.at)] : [],
        );
        expect(delays).toEqual(delays.toSorted((a, b) => a - b));
        expect(Math.max(0, ...delays)).toBeLessThanOrEqual(maxDelay * 1000);
      },
    ),
    { numRuns: 50 },
  ));

describe('trying again', () => {
  const leaf = planOf(`
- s:
    http: { url: 'https://a.b' }
    retry: { delay: PT1S, limit: { attempts: 2 } }
    catch:
      errors: { type: http.* }
      retry: { delay: PT10S, backoff: constant, limit: { attempts: 3 } }
      do: [{ instead: { set: =error.attempt } }]`);

  it('retry comes first, then the retry of the catch, then its steps', async () => {
    const { events, state } = await walk(leaf, { answers: { s: failing() } });
    expect(deeds(events)).toEqual([
      'StepRetried s http.status',
      'StepRetried s#2 http.status',
      'StepFailed s#3 s',
      'StepCompleted instead@r3',
      'StepCompleted s#3',
      'RunSucceeded',
    ]);
    expect(secondsOf(events)).toBe(11);
    expect(state.results['s']).toBe(3);
  });

  it('a catch tries again what it names, even if it does not look as if that helped', async () => {
    const { events } = await walk(leaf, { answers: { s: giving(1), 's#1': failingForGood() } });
    expect(deeds(events)).toEqual(['StepRetried s http.status', 'StepCompleted s#2', 'RunSucceeded']);
  });

  it('a catch does not try again what it does not name', async () => {
    const { events } = await walk(leaf, { answers: { s: failingForGood('data.gone') } });
    expect(deeds(events)).toEqual(['StepFailed s data.gone', 'RunFailed data.gone']);
  });

  it('a block is gone through anew, and its steps are told from those of earlier rounds', async () => {
    const plan = planOf(`
- b:
    do:
      - a: { http: { url: 'https://a.b' } }
      - s: { http: { url: 'https://a.b' } }
    retry: { delay: PT5S, limit: { attempts: 3 } }`);
    const { events } = await walk(plan, { answers: { s: failing(), 's@r3': giving(1) } });
    expect(deeds(events)).toEqual([
      'StepCompleted a',
      'StepRetried b http.status',
      'StepCompleted a@r2',
      'StepRetried b#2 http.status',
      'StepCompleted a@r3',
      'StepCompleted s@r3',
      'StepCompleted b#3',
      'RunSucceeded',
    ]);
    const retried = events.findIndex(({ type }) => type === 'StepRetried') + 1;
    expect(fold(plan, events.slice(0, retried))).toMatchObject({ results: {}, positions: { '': 0 } });
  });

  it('no two executions look alike, whichever of the blocks around was tried again', async () => {
    const plan = planOf(`
- outer:
    do:
      - l:
          for:
            in: [1, 2]
            do:
              - inner: { do: [{ s: { http: { url: 'https://a.b' } } }], retry: { delay: PT1S, limit: { attempts: 2 } } }
          retry: { delay: PT1S, limit: { attempts: 2 } }
    retry: { delay: PT1S, limit: { attempts: 2 } }`);
    const { events } = await walk(plan, { answers: { s: giving(1), ...failuresOf('s', ['0', '0.r2', 'r1.r2.1']) } });
    const executions = deeds(events).filter((line) => /(Retried|Completed) (s|inner|l|outer)[@# ]/.test(line));
    expect(executions).toEqual([
      'StepRetried inner@0 http.status',
      'StepRetried l http.status',
      'StepCompleted s@r1.r2.0',
      'StepCompleted inner@r1.r2.0',
      'StepRetried inner@r1.r2.1 http.status',
      'StepCompleted s@r1.r2.1.r2',
      'StepCompleted inner@r1.r2.1#2',
      'StepCompleted l#2',
    ]);
  });
});

const failuresOf = (step: string, iterations: readonly string[]): Record<string, Answer> =>
  Object.fromEntries(iterations.map((iteration) => [`${step}@${iteration}`, failing()]));

describe('a condition', () => {
  it('that was met is not asked again, even if it is not met any more', async () => {
    const plan = planOf(`
- s:
    if: $millis() < $toMillis('2026-11-20T10:30:00.000Z')
    http: { url: 'https://a.b' }
    retry: { delay: PT1H, limit: { attempts: 2 } }`);
    const { events } = await walk(plan, { answers: { 's#1': failing() } });
    expect(deeds(events)).toEqual(['StepRetried s http.status', 'StepCompleted s#2', 'RunSucceeded']);
  });

  it('that failed is asked again', async () => {
    const plan = planOf(`
- s:
    if: parameters.a > 'x'
    set: 1
    catch: { retry: { delay: PT1S, limit: { attempts: 2 } }, do: [{ instead: { set: =error.code } }] }`);
    const { events } = await walk(plan);
    expect(deeds(events)).toEqual([
      'StepRetried s expression.failed',
      'StepFailed s#2 s',
      'StepCompleted instead@r2',
      'StepCompleted s#2',
      'RunSucceeded',
    ]);
  });
});
