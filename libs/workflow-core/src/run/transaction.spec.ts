import { expect, it } from 'vitest';
import { deeds, failing, failingForGood, planOf, resultsOf, walk } from './virtual-run.fixture.ts';

const plan = planOf(`
- t:
    transaction:
      - many: { for: { in: [1, 2], do: [{ made: { create: { type: thing, fields: { n: =item } } } }] } }
      - which: { switch: [{ some: { when: $count(many) > 1, do: [{ changed: { set: 1 } }] } }] }
      - last: { set: { many: =$count(many), changed: =changed } }
    retry: { delay: PT1S, limit: { attempts: 2 } }
    catch: { errors: { type: data.gone }, retry: { delay: PT1S, limit: { attempts: 2 } }, do: [{ instead: { set: =error.step } }] }
- end: { set: =t }`);

it('is recorded as a whole, and gives what its last step gives', async () => {
  const { events, boundaries } = await walk(plan);
  expect(deeds(events)).toEqual([
    'StepCompleted made@0',
    'StepCompleted made@1',
    'StepCompleted many',
    'StepCompleted changed',
    'StepCompleted which',
    'StepCompleted last',
    'StepCompleted t',
    'StepCompleted end',
    'RunSucceeded',
  ]);
  expect(resultsOf(events, 'end')).toEqual([{ many: 2, changed: 1 }]);
  const first = events.findIndex(({ data }) => 'step' in data && data.step === 't');
  const last = events.findLastIndex(({ data }) => 'step' in data && data.step === 't');
  expect(boundaries.filter((length) => length > first && length <= last)).toEqual([]);
});

it('leaves nothing of it if a step fails', async () => {
  const { events } = await walk(plan, { answers: { 'made@1': failingForGood() } });
  expect(deeds(events)).toEqual(['StepFailed t http.status', 'RunFailed http.status']);
});

it('is tried again as a whole', async () => {
  const gone = failing('data.gone', 409, { canRetry: false });
  const { events: again } = await walk(plan, { answers: { 'made@1': gone } });
  expect(deeds(again).slice(0, 2)).toEqual(['StepRetried t data.gone', 'StepCompleted made@r2.0']);

  const { events } = await walk(plan, { answers: { made: gone } });
  expect(deeds(events)).toEqual([
    'StepRetried t data.gone',
    'StepFailed t#2 t',
    'StepCompleted instead@r2',
    'StepCompleted t#2',
    'StepCompleted end',
    'RunSucceeded',
  ]);
});
