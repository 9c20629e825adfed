import { showRun } from './show-run.ts';
import { requestOf, type Tour, type WayEnd } from './tour.ts';

/** Way 2: one run for each user that a search finds, spaced, and one at the end of all. */
export const list = async (tour: Tour): Promise<WayEnd> => {
  const { client, screen } = tour;
  const reports = await client.events({ workflow: 'report-mailing' }).opened();
  const mailing = await client.startList('send-newsletter', {
    query: { type: 'users' },
    as: 'user',
    interval: { milliseconds: 60 },
    onComplete: 'report-mailing',
  });
  screen.say(`send-newsletter for ${mailing.total} users, 60 ms apart: list ${mailing.id}`);
  for await (const progress of mailing.progress()) screen.progress(progress);
  const { status, done } = await mailing.done();

  for await (const { event } of reports) {
    const cause = requestOf(event)?.cause;
    if (cause?.kind !== 'listCompleted' || cause.listId !== mailing.id) continue;
    screen.say(`the last item has ended, so report-mailing starts: run ${event.runId}`);
    const reported = await showRun(tour, client.handles.run(event.runId));
    const { items } = await client.things.search('mailings', { where: { list: mailing.id } });
    screen.say(`in mailings: total ${items[0]?.total}, succeeded ${items[0]?.succeeded}`);
    const isComplete = items[0]?.succeeded === mailing.total && done === mailing.total;
    return { id: mailing.id, status: isComplete && reported === 'succeeded' ? status : 'failed' };
  }
  return { id: mailing.id, status: 'failed' };
};
