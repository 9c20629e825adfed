import type { Followed, FollowedEvent } from '@nightshift/client';
import type { RunFeedEvent, Thing } from '@nightshift/contracts';
import pg from 'pg';
import { shortJson } from './describe-event.ts';
import { showRun } from './show-run.ts';
import { requestOf, type Tour, type WayEnd } from './tour.ts';

interface Trigger {
  before?: Thing;
  now?: Thing;
  changedFields: string[];
}

/** Way 4: a run whenever a user's plan goes from free to pro, whoever changes it. */
export const changeTrigger = async (tour: Tour): Promise<WayEnd> => {
  const { client, screen, databaseUrl, user } = tour;
  const events = await client.events({ workflow: 'user-upgraded' }).opened();

  screen.say('over REST: the name changes, which is not what the trigger waits for; then the plan');
  await client.things.change('users', user, { name: 'Toni Traveller' });
  await client.things.change('users', user, { plan: 'pro' });
  let last = await showTriggered(tour, await nextOf(events, user));

  const database = await connect(databaseUrl);
  if (database === undefined) {
    screen.say('the database cannot be reached from here: the same with plain SQL is left out');
  } else {
    last = await changeBySql(tour, database, events).finally(() => database.end());
  }
  await events.return?.();

  // Changes are handled in order: had one of the others started a run, it would be there by now.
  const { count } = await client.things.search('orders', { where: { customer: user }, count: true });
  screen.say(`orders of this user: ${count}, one for each change that met the condition`);
  return count === (database === undefined ? 1 : 2) ? last : { ...last, status: 'failed' };
};

const changeBySql = async (tour: Tour, database: pg.Client, events: Followed<FollowedEvent>): Promise<WayEnd> => {
  const { screen, user } = tour;
  const back = "update users set plan = 'free' where id = $1";
  const up = "update users set plan = 'pro' where id = $1";
  screen.say(`with plain SQL: ${back.replace('$1', '…')}; starts nothing; then`);
  await database.query(back, [user]);
  await database.query(up, [user]);
  const committedAt = Date.now();
  const second = await nextOf(events, user);
  const afterMs = Math.max(0, Date.parse(second.at) - committedAt);
  screen.say(`${up.replace('$1', '…')}; the run was requested ${afterMs} ms after the commit`);
  return showTriggered(tour, second);
};

const triggerOf = (event: RunFeedEvent): Trigger | undefined => requestOf(event)?.trigger as Trigger | undefined;

/** The next run that a change of this user has started. */
const nextOf = async (events: Followed<FollowedEvent>, user: string): Promise<RunFeedEvent> => {
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    if (triggerOf(next.value.event)?.now?.id === user) return next.value.event;
  }
  throw new Error('The change has started no run in time');
};

const showTriggered = async (tour: Tour, event: RunFeedEvent): Promise<WayEnd> => {
  const { before, now, changedFields } = triggerOf(event)!;
  const pick = (thing: Thing | undefined): string =>
    shortJson(Object.fromEntries(changedFields.map((field) => [field, thing?.[field]])));
  tour.screen.say(`before ${pick(before)}, now ${pick(now)}: user-upgraded starts, run ${event.runId}`);
  return { id: event.runId, status: await showRun(tour, tour.client.handles.run(event.runId)) };
};

const connect = async (url: string | undefined): Promise<pg.Client | undefined> => {
  if (url === undefined) return undefined;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    return client;
  } catch {
    await client.end().catch(() => {});
    return undefined;
  }
};
