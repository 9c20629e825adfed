import { describeEvent } from './describe-event.ts';
import { endOf, type Tour, type WayEnd } from './tour.ts';

const KEY = 'tour';
const OCCURRENCES = 3;

/** Way 3: a run every second, three times; then the recurrence is taken away. */
export const recurrence = async ({ client, live, screen }: Tour): Promise<WayEnd> => {
  const remove = (): Promise<void> => client.recurrences.delete('count-users', KEY);
  const cron = await client.recurrences.get('count-users', 'hourly');
  screen.say(`loaded with the example: count-users at "${cron.cron}" in ${cron.timeZone}, next at ${cron.next[0]}`);
  const events = await live.follow({ workflow: 'count-users' });
  const { next } = await client.recurrences.put('count-users', KEY, { every: { seconds: 1 } });
  // Whoever leaves the tour here leaves no recurrence behind.
  const onInterrupt = (): void => void remove().finally(() => process.exit(130));
  process.once('SIGINT', onInterrupt);
  try {
    screen.say(`and now every second, next at ${next.slice(0, 3).join(', ')}`);
    let last: WayEnd = { id: '', status: 'failed' };
    const ours = new Map<string, string>();
    let ended = 0;
    for await (const event of events) {
      const { runId, type, data } = event;
      if (type === 'RunRequested') {
        const { cause } = data as { cause: { kind: string; key?: string; plannedAt?: string } };
        if (cause.key === KEY) ours.set(runId, cause.plannedAt ?? '');
      }
      const status = endOf(event);
      if (status === undefined || !ours.has(runId)) continue;
      const lateMs = Date.parse(event.at) - Date.parse(ours.get(runId) ?? '');
      screen.say(`planned at ${ours.get(runId)}  ${describeEvent(event)}  done ${lateMs} ms after, run ${runId}`);
      last = { id: runId, status };
      if (status !== 'succeeded' || ++ended === OCCURRENCES) break;
    }
    return last;
  } finally {
    process.off('SIGINT', onInterrupt);
    await remove();
    screen.say('the recurrence is taken away');
  }
};
