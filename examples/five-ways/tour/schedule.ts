import { showRun } from './show-run.ts';
import type { Tour, WayEnd } from './tour.ts';

/** Way 1: one run at a moment, and one that is cancelled before its moment. */
export const schedule = async (tour: Tour): Promise<WayEnd> => {
  const { client, screen, user } = tour;
  const run = await client.schedule('welcome-user', { in: { seconds: 1 }, parameters: { user } });
  screen.say(`welcome-user for the new user, due at ${run.dueAt}: run ${run.id}`);
  const status = await showRun(tour, run);
  const { name, welcomed } = await client.things.get('users', user);
  screen.say(`${name} is welcomed at ${welcomed}`);

  const later = await client.schedule('welcome-user', { in: { days: 1 }, parameters: { user } });
  const { items } = await client.schedules.list({ workflow: 'welcome-user' });
  const isListed = items.some(({ scheduleId }) => scheduleId === later.scheduleId);
  const cancelled = await later.cancel();
  screen.say(`another one for tomorrow is ${isListed ? 'listed' : 'not listed'}, and then ${cancelled.status}`);
  return { id: run.id, status: isListed && cancelled.status === 'cancelled' ? status : 'failed' };
};
