import { operations, operationsWithPayloadRule, payloadRuleOf } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { problem } from './mask.ts';
import { masks, maskedStreams } from './masks.ts';

it('there is a rule for every operation', () => {
  expect(Object.keys(operations).filter((id) => !operationsWithPayloadRule.includes(id))).toEqual([]);
});

it('there is a mask where the rule is to mask, and nowhere else', () => {
  const toMask = operationsWithPayloadRule.filter((id) => payloadRuleOf(id) === 'masked');
  expect([...Object.keys(masks), ...maskedStreams].sort()).toEqual(toMask.toSorted());
});

it('an operation that nobody has thought of is refused', () => {
  expect(payloadRuleOf('secrets.new_one')).toBe('refused');
});

it('shows what is known and nothing else', () => {
  const run = masks['runs.get']!;
  expect(
    run({ id: '1', status: 'failed', parameters: { a: 1 }, invented: 'x', progress: { done: 1, message: 'x' } }),
  ).toEqual({ id: '1', status: 'failed', progress: { done: 1 }, masked: true });
  expect(run('a text')).toBeUndefined();
});

it('of a problem it shows the code', () => {
  expect(problem({ code: 'http.status', status: 502, title: 'said so', detail: 'secret', errors: [] })).toEqual({
    code: 'http.status',
    status: 502,
    title: 'The call was answered with an error',
    masked: true,
  });
  expect(problem({ code: 'A secret, in words', status: 500 })).toEqual({ status: 500, masked: true });
});
