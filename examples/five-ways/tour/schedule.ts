import { followRun } from './follow-run.ts';
import type { Tour, WayEnd } from './tour.ts';

/** Way 1: one run at a moment, and one that is cancelled before its moment. */
export const schedule = async (tour: Tour): Promise<WayEnd> => {
  const { client, screen, user } = tour;
  const { runId, dueAt } = await client.schedules.create('welcome-user', { in: { seconds: 1 }, parameters: { user } });
  screen.say(`welcome-user for the new user, due at ${dueAt}: run ${runId}`);
  const status = await followRun(tour, runId);
  const { name, welcomed } = await client.things.get('users', user);
  screen.say(`${String(name)} is welcomed at ${String(welcomed)}`);

  const later = await client.schedules.create('welcome-user', { in: { days: 1 }, parameters: { user } });
  const waiting = await client.schedules.list({ workflow: 'welcome-user' });
  const isListed = waiting.items.some(({ scheduleId }) => scheduleId === later.scheduleId);
  const cancelled = await client.schedules.cancel(later.scheduleId);
  screen.say(`another one for tomorrow is ${isListed ? 'listed' : 'not listed'}, and then ${cancelled.status}`);
  return { id: runId, status: isListed && cancelled.status === 'cancelled' ? status : 'failed' };
};
