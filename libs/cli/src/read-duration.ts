import type { Duration } from '@nightshift/contracts';
import { commandError } from './command-error.ts';

const units: Record<string, 'days' | 'hours' | 'minutes' | 'seconds' | 'milliseconds'> = {
  d: 'days',
  h: 'hours',
  m: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
};

/** `1h30m`, `90s`, `250ms`; ISO 8601 (`PT90S`) is passed on as it is. @throws CommandError */
export const readDuration = (text: string): Duration => {
  if (/^P/.test(text)) return text as Duration;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw commandError(`"${text}" is no length of time.`, { advice: 'Write it as 90s, 1h30m, 2d, 250ms or PT90S.' });
  }
  return Object.fromEntries(parts.map(([, amount, unit]) => [units[unit!]!, Number(amount)])) as Duration;
};
