import type { RunFeedEvent, Thing } from '@nightshift/contracts';
import pg from 'pg';
import { shortJson } from './describe-event.ts';
import { followRun } from './follow-run.ts';
import type { Tour, WayEnd } from './tour.ts';

interface Triggered {
  cause: { kind: string; changeId?: string };
  trigger?: { before?: Thing; now?: Thing; changedFields: string[] };
}

/** Way 4: a run whenever a user's plan goes from free to pro, whoever changes it. */
export const changeTrigger = async (tour: Tour): Promise<WayEnd> => {
  const { client, live, screen, databaseUrl, user } = tour;
  const events = (await live.follow({ workflow: 'user-upgraded' }))[Symbol.asyncIterator]();

  screen.say('over REST: the name changes, which is not what the trigger waits for; then the plan');
  await client.things.change('users', user, { name: 'Toni Traveller' });
  await client.things.change('users', user, { plan: 'pro' });
  const first = await nextOf(events, user);
  if (first === undefined) return { id: '', status: 'failed' };
  showChange(tour, first);
  let last: WayEnd = { id: first.runId, status: await followRun(tour, first.runId) };

  const database = await connect(databaseUrl);
  if (database === undefined) {
    screen.say('the database cannot be reached from here: the same with plain SQL is left out');
  } else {
    try {
      last = (await changeBySql(tour, database, events)) ?? { id: '', status: 'failed' };
    } finally {
      await database.end();
    }
  }
  await events.return?.();

  // Changes are handled in order: had one of the others started a run, it would be there by now.
  const { count } = await client.things.search('orders', { where: { customer: user }, count: true });
  const expected = database === undefined ? 1 : 2;
  screen.say(`orders of this user: ${count}, one for each change that met the condition`);
  return count === expected ? last : { ...last, status: 'failed' };
};

const changeBySql = async (
  tour: Tour,
  database: pg.Client,
  events: AsyncIterator<RunFeedEvent>,
): Promise<WayEnd | undefined> => {
  const { screen, user } = tour;
  const back = "update users set plan = 'free' where id = $1";
  const up = "update users set plan = 'pro' where id = $1";
  screen.say(`with plain SQL: ${back.replace('$1', '…')}; starts nothing; then`);
  await database.query(back, [user]);
  await database.query(up, [user]);
  const committedAt = Date.now();
  const second = await nextOf(events, user);
  if (second === undefined) return undefined;
  screen.say(
    `${up.replace('$1', '…')}; the run was requested ${Math.max(0, Date.parse(second.at) - committedAt)} ms after the commit`,
  );
  showChange(tour, second);
  return { id: second.runId, status: await followRun(tour, second.runId) };
};

/** The next run that a change of this user has started. */
const nextOf = async (events: AsyncIterator<RunFeedEvent>, user: string): Promise<RunFeedEvent | undefined> => {
  for (let next = await events.next(); next.done !== true; next = await events.next()) {
    const { type, data } = next.value;
    if (type === 'RunRequested' && (data as Triggered).trigger?.now?.id === user) return next.value;
  }
  return undefined;
};

const showChange = ({ screen }: Tour, { runId, data }: RunFeedEvent): void => {
  const { before, now, changedFields = [] } = (data as Triggered).trigger ?? {};
  const pick = (thing: Thing | undefined): string =>
    shortJson(Object.fromEntries(changedFields.map((field) => [field, thing?.[field]])));
  screen.say(`before ${pick(before)}, now ${pick(now)}: user-upgraded starts, run ${runId}`);
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
