import type { Calendar, MonthDay, Weekday } from '@nightshift/contracts';

const QUARTER_MONTHS = 3;

/** A cron expression's word for a weekday. */
const cronDay = (weekday: Weekday): string => weekday.slice(0, 3).toUpperCase();

/**
 * A calendar as cron expressions of six fields: all their moments together are the calendar's. More than one for several times of day, and
 * for a day that not every month has. The calendar fits `checkCalendar`.
 */
export const calendarCrons = (calendar: Calendar): string[] =>
  [calendar.at].flat().flatMap((time) => {
    const [hour, minute, second = 0] = time.split(':').map(Number);
    return daysOf(calendar).map((days) => `${second} ${minute} ${hour} ${days}`);
  });

/** The last three fields: days of the month, months, weekdays. */
const daysOf = ({ frequency, days = [], month = 1, day = 1 }: Calendar): string[] => {
  switch (frequency) {
    case 'daily':
      return ['* * *'];
    case 'weekly':
      return [`* * ${days.map(cronDay).join()}`];
    case 'monthly':
      return monthDays(day, everyMonth);
    case 'quarterly':
      return monthDays(
        day,
        everyMonth.filter((one) => one % QUARTER_MONTHS === month % QUARTER_MONTHS),
      );
    case 'yearly':
      return monthDays(day, [month]);
  }
};

const everyMonth = Array.from({ length: 12 }, (_, index) => index + 1);

/** In a leap year for February: that it has its 29th only then is what `L`, the last day, is about. */
const daysIn = (month: number): number => (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);

const monthDays = (day: MonthDay, months: readonly number[]): string[] => {
  if (day === 'last') return [`L ${months.join()} *`];
  if (typeof day === 'object') {
    return [`* ${months.join()} ${cronDay(day.weekday)}#${day.nth === 'last' ? 'L' : day.nth}`];
  }
  // A month whose last day may come before this one, or is this one, runs on its last day.
  const endsSooner = (month: number): boolean => (month === 2 ? day >= daysIn(2) : day > daysIn(month));
  const full = months.filter((month) => !endsSooner(month));
  const short = months.filter(endsSooner);
  return [
    ...(full.length > 0 ? [`${day} ${full.join()} *`] : []),
    ...(short.length > 0 ? [`L ${short.join()} *`] : []),
  ];
};
