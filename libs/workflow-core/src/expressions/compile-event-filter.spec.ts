import { describe, expect, it } from 'vitest';
import { compileEventFilter, type CompiledEventFilter } from './compile-event-filter.ts';

const filter = (source: string): CompiledEventFilter => {
  const compiled = compileEventFilter(source, '/filter');
  if ('problem' in compiled) throw new Error(compiled.problem.detail);
  return compiled;
};

const refusalOf = (source: string): string => {
  const compiled = compileEventFilter(source, '/filter');
  if (!('problem' in compiled)) throw new Error(`${source} was taken`);
  expect(compiled.problem.errors).toMatchObject([{ pointer: '/filter' }]);
  return compiled.problem.detail!;
};

const event = {
  runId: 'r',
  version: 3,
  type: 'StepFailed',
  workflow: 'mail',
  data: { step: 'send', attempt: 2, tags: ['a'] },
};

describe('a filter over events', () => {
  it.each([
    [`event.type = 'StepFailed' and event.data.attempt > 1`, true],
    [`event.type = 'StepFailed' and event.data.step != 'send'`, false],
    [`event.workflow in ['mail', 'post']`, true],
    ['$exists(event.listId)', false],
    ['event.data.missing.deep', false],
    [`event.data.tags = ['a']`, false],
    [`event.data.step > 1`, false],
  ])('%s: %j', (source, fits) => {
    expect(filter(source).fits(event)).toBe(fits);
  });

  it.each([
    [`event.type = `, /character/],
    [`workflow = 'mail'`, /no `workflow` here, only `event` \(at character 8\)/],
    [`event.wokflow = 'mail'`, /no field `wokflow`: `event.workflow`\?/],
    ['$now() > event.at', /clock/],
    [`$contains(event.workflow, /(a+)+$/)`, /needs more|regular/i],
    [`event.data.items[price > 1]`, /needs more/],
    [`(function($x){ $x })(event)`, /needs more/],
  ])('%s is refused, with its place', (source, detail) => {
    expect(refusalOf(source)).toMatch(detail);
  });
});
