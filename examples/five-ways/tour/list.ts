import { followRun } from './follow-run.ts';
import type { Tour, WayEnd } from './tour.ts';

/** Way 2: one run for each user that a search finds, spaced, and one at the end of all. */
export const list = async (tour: Tour): Promise<WayEnd> => {
  const { client, live, screen, signal } = tour;
  const reports = await live.follow({ workflow: 'report-mailing' });
  const { listId, total } = await client.lists.create('send-newsletter', {
    query: { type: 'users' },
    as: 'user',
    interval: { milliseconds: 60 },
    onComplete: 'report-mailing',
  });
  screen.say(`send-newsletter for ${total} users, 60 ms apart: list ${listId}`);

  let progress = await client.progress(listId);
  while (progress.status === 'running' && !signal.aborted) {
    screen.progress(progress);
    progress = await client.progress(listId, { wait: '5s' });
  }
  screen.progress(progress);

  for await (const { runId, type, data } of reports) {
    const cause = type === 'RunRequested' ? (data as { cause: { kind: string; listId?: string } }).cause : undefined;
    if (cause?.listId !== listId) continue;
    screen.say(`the last item has ended, so report-mailing starts: run ${runId}`);
    const status = await followRun(tour, runId);
    const { items } = await client.things.search('mailings', { where: { list: listId } });
    const [mailing] = items;
    screen.say(`in mailings: total ${String(mailing?.['total'])}, succeeded ${String(mailing?.['succeeded'])}`);
    const isComplete = mailing?.['succeeded'] === total && progress.done === total;
    return { id: listId, status: isComplete && status === 'succeeded' ? progress.status : 'failed' };
  }
  return { id: listId, status: 'failed' };
};
