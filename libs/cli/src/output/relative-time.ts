const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A length of time in its largest two units: `2d 3h`, `45s`, `120ms`. */
export const formatDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const index = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[index]!;
  const first = `${Math.floor(ms / size)}${unit}`;
  const [smaller, smallerSize] = units[index + 1] ?? [];
  const rest = smallerSize === undefined ? 0 : Math.floor((ms % size) / smallerSize);
  return rest === 0 ? first : `${first} ${rest}${smaller}`;
};

/** How long ago, or in how long: `3m 10s ago`, `in 2h`. */
export const relativeTime = (moment: string | null | undefined, nowMs: number): string => {
  if (moment == null) return '';
  const ms = Date.parse(moment) - nowMs;
  if (Math.abs(ms) < 1_000) return 'now';
  return ms > 0 ? `in ${formatDuration(ms)}` : `${formatDuration(-ms)} ago`;
};
