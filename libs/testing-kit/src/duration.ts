import { durationMs, type Duration } from '@nightshift/contracts';

const units: Readonly<Record<string, number>> = {
  millisecond: 1,
  ms: 1,
  second: 1_000,
  s: 1_000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
  h: 3_600_000,
  day: 86_400_000,
  d: 86_400_000,
  week: 7 * 86_400_000,
  w: 7 * 86_400_000,
};

/** `30 days`, `1 hour 30 minutes`, as well as the durations of workflows: `{ days: 30 }`, `P30D`. */
export type Time = Duration | (string & {});

const part = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?(?=[\s\d]|$)/i;

/** In milliseconds. @throws Error for what is no length of time */
export const toMs = (time: Time): number => {
  if (typeof time !== 'string' || time.startsWith('P')) return durationMs(time as Duration);
  let rest = time;
  let ms = 0;
  do {
    const [text, amount, unit = ''] = part.exec(rest) ?? [];
    const unitMs = units[unit.toLowerCase()];
    if (text === undefined || unitMs === undefined)
      throw new Error(`"${time}" is no length of time: write it as in "30 days", "1 hour 30 minutes" or { days: 30 }`);
    ms += Number(amount) * unitMs;
    rest = rest.slice(text.length);
  } while (rest.trim() !== '');
  return Math.round(ms);
};
