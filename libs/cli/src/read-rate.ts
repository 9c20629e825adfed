import type { Duration } from '@nightshift/contracts';
import { commandError } from './command-error.ts';
import { readDuration } from './read-duration.ts';

/** `100/1m`: so many in so long. @throws CommandError */
export const readRate = (text: string): { limit: number; per: Duration } => {
  const [, limit, per] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  if (limit === undefined)
    throw commandError(`"${text}" is no rate.`, { advice: 'Write it as 100/1m: so many in so long.' });
  return { limit: Number(limit), per: readDuration(per!) };
};
