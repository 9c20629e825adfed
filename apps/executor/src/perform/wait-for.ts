import type { Perform } from './performed.ts';

/** Lets the run rest until an outside event of this type and key arrives; one that comes right after the commit is not missed. */
export const performWaitFor: Perform<'waitFor'> = ({ event: type, key }, { step }) => ({
  outcome: { kind: 'awaiting', event: { type, key } },
  awaits: [{ step, type, key }],
});
