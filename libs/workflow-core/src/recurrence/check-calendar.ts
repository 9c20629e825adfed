import type { Calendar, Violation } from '@nightshift/contracts';

type Detail = 'days' | 'month' | 'day';

/** What each frequency needs beside the times of day; everything else has no meaning beside it. */
const needed: Record<Calendar['frequency'], readonly Detail[]> = {
  daily: [],
  weekly: ['days'],
  monthly: ['day'],
  quarterly: ['month', 'day'],
  yearly: ['month', 'day'],
};

/** Everything that is wrong with a calendar beyond its schema, which it fits. Pointers are those of the recurrence. */
export const checkCalendar = (calendar: Calendar): Violation[] => {
  const { frequency, month } = calendar;
  const violations: Violation[] = [];
  for (const detail of ['days', 'month', 'day'] as const) {
    const pointer = `/calendar/${detail}`;
    const isGiven = calendar[detail] !== undefined;
    if (needed[frequency].includes(detail) && !isGiven)
      violations.push({ pointer, detail: `is required by a ${frequency} calendar` });
    if (!needed[frequency].includes(detail) && isGiven)
      violations.push({ pointer, detail: `has no meaning in a ${frequency} calendar` });
  }
  if (frequency === 'quarterly' && month !== undefined && month > 3)
    violations.push({ pointer: '/calendar/month', detail: 'must be 1, 2 or 3: the month within each quarter' });
  return violations;
};
