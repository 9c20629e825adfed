import type { Perform } from './performed.ts';

/** Answers whoever waits; the commit tells him. */
export const performRespond: Perform<'respond'> = ({ answer }, { step, iteration }) => ({
  outcome: { kind: 'completed' },
  events: [{ type: 'AnswerGiven', data: { step, ...(iteration !== undefined && { iteration }), answer } }],
  isAwaited: true,
});
