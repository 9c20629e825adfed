const pattern = /^(\d{4,})-(\d\d)-(\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00(?::00)?)?$/;

/**
 * A time as Postgres writes it in UTC, as ISO 8601 with microseconds: `2026-11-22T15:03:11.120000Z`. Always six digits, so
 * that texts sort as times do and every place shows the same text. A time without zone is taken as UTC. What ISO 8601 cannot
 * say (`infinity`, years before Christ) stays as Postgres writes it.
 */
export const isoDateTime = (text: string): string => {
  // The usual form, `2026-11-22 15:03:11.120345+00`, without a regular expression: this runs for every change.
  if (text.length === 29 && text.charCodeAt(10) === 32 && text.endsWith('+00')) {
    return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`;
  }
  const parts = pattern.exec(text);
  if (parts === null) return text;
  const [, year, month, day, time, fraction = ''] = parts;
  return `${year}-${month}-${day}T${time}.${fraction.padEnd(6, '0')}Z`;
};
