import { expect, it } from 'vitest';
import { deeds, planOf, walk } from './virtual-run.fixture.ts';

const plan = planOf(`
- size: { set: =parameters.size }
- ship:
    switch:
      - large: { when: size > 10, do: [{ truck: { set: by truck } }] }
      - small: { when: size > 0, do: [{ weigh: { set: 1 } }, { post: { set: by post } }] }
- other:
    switch:
      - large: { when: size > 10, do: [{ tell: { set: 1 } }] }
      - rest: { do: [{ ignore: { set: 2 } }] }
- end: { set: { truck: =$exists(truck), post: =post, ship: =ship, other: =other } }
`);

it.each([
  [11, ['truck', 'ship', 'tell', 'other'], { truck: true, ship: 'by truck', other: 1 }],
  [5, ['weigh', 'post', 'ship', 'ignore', 'other'], { truck: false, post: 'by post', ship: 'by post', other: 2 }],
])('%i takes the first case that is met, or the one for everything else', async (size, steps, end) => {
  const { events, state } = await walk(plan, { answers: { size: { kind: 'completed', result: size } } });
  expect(deeds(events)).toEqual([
    'StepCompleted size',
    ...steps.map((step) => `StepCompleted ${step}`),
    'StepCompleted end',
    'RunSucceeded',
  ]);
  expect(state.results['end']).toEqual(end);
});

it('is skipped if no case is met', async () => {
  const { events, state } = await walk(plan, { answers: { size: { kind: 'completed', result: 0 } } });
  expect(deeds(events)).toContain('StepSkipped ship');
  expect(state.results['end']).toEqual({ truck: false, other: 2 });
});

it('a condition that cannot be evaluated fails the step', async () => {
  const wrong = planOf("- s: { switch: [{ a: { when: parameters.a > 'x', do: [{ t: { set: 1 } }] } }] }");
  const { events } = await walk(wrong);
  expect(deeds(events)).toEqual(['StepFailed s expression.failed', 'RunFailed expression.failed']);
});
