import { describeEvent } from './describe-event.ts';
import { endOf, requestOf, type Tour, type WayEnd } from './tour.ts';

const KEY = 'tour';
const OCCURRENCES = 3;

/** Way 3: a run every second, three times; then the recurrence is taken away. */
export const recurrence = async ({ client, screen }: Tour): Promise<WayEnd> => {
  const remove = (): Promise<void> => client.recurrences.delete('count-users', KEY);
  const cron = await client.recurrences.get('count-users', 'hourly');
  screen.say(`loaded with the example: count-users at "${cron.cron}" in ${cron.timeZone}, next at ${cron.next[0]}`);
  const events = await client.events({ workflow: 'count-users' }).opened();
  const { next } = await client.recurrences.put('count-users', KEY, { every: { seconds: 1 } });
  // Whoever leaves the tour here leaves no recurrence behind.
  const onInterrupt = (): void => void remove().finally(() => process.exit(130));
  process.once('SIGINT', onInterrupt);
  try {
    screen.say(`and now every second, next at ${next.slice(0, 3).join(', ')}`);
    let last: WayEnd = { id: '', status: 'failed' };
    const plannedAt = new Map<string, string>();
    let ended = 0;
    for await (const { event } of events) {
      const cause = requestOf(event)?.cause;
      if (cause?.kind === 'recurrence' && cause.key === KEY) plannedAt.set(event.runId, cause.plannedAt);
      const [status, planned] = [endOf(event), plannedAt.get(event.runId)];
      if (status === undefined || planned === undefined) continue;
      const lateMs = Date.parse(event.at) - Date.parse(planned);
      screen.say(`planned at ${planned}  ${describeEvent(event)}  done ${lateMs} ms after, run ${event.runId}`);
      last = { id: event.runId, status };
      if (status !== 'succeeded' || ++ended === OCCURRENCES) break;
    }
    return last;
  } finally {
    process.off('SIGINT', onInterrupt);
    await remove();
    screen.say('the recurrence is taken away');
  }
};
