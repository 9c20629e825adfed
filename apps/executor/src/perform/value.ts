import type { Perform } from './performed.ts';

/** Nothing to do: the value is the result. */
export const performValue: Perform<'value'> = ({ value }) => ({ outcome: { kind: 'completed', result: value } });
