import { NightshiftError } from '@nightshift/client';
import type { Problem } from '@nightshift/contracts';
import { commandError } from './command-error.ts';

/** What answered with an error, in the words of the platform where it has some. */
export const problemOf = (response: Response, text: string): Error => {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    if (typeof problem?.code === 'string') return new NightshiftError(problem as Problem);
  } catch {
    // Not JSON.
  }
  return commandError(`The answer was ${response.status} ${response.statusText}`.trim());
};
