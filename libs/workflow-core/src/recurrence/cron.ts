import { Cron } from 'croner';

/**
 * A cron expression of five fields, or six with seconds first, in a time zone (UTC if absent). A time that the clock skips in spring is
 * moved behind the gap, a time that comes twice in autumn counts once, if hour and minute are single values.
 */
export const makeCron = (expression: string, timeZone: string | undefined): { cron: Cron } | { detail: string } => {
  const fields = expression.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) return { detail: `must have five or six fields, but has ${fields}` };
  // croner reads `?` as "what the clock says now".
  if (expression.includes('?')) return { detail: '`?` is not supported; write `*`' };
  try {
    return { cron: new Cron(expression.trim(), { mode: '5-or-6-parts', timezone: timeZone ?? 'UTC', paused: true }) };
  } catch (error) {
    return { detail: (error as Error).message.replace(/^CronPattern: /, '') };
  }
};
