import type { RunRequested } from '@nightshift/contracts';
import { endOf, type Tour, type WayEnd } from './tour.ts';

/** Way 5: a workflow that schedules itself, until the user's trial is over. */
export const chain = async ({ client, live, screen, user }: Tour): Promise<WayEnd> => {
  const before = await client.things.get('users', user);
  const events = await live.follow({ workflow: 'count-down' });
  const { runId: chainId } = await client.runs.start('count-down', { user });
  screen.say(`count-down, a day each 0.3 s, with a trial of ${String(before['trial'])} days: chain ${chainId}`);

  const iterations = new Map<string, number>();
  for await (const event of events) {
    const { runId, type, data } = event;
    if (event.chainId !== chainId) continue;
    if (type === 'RunRequested') iterations.set(runId, (data as RunRequested).iteration);
    const status = endOf(event);
    if (status === undefined) continue;
    const result = (data as { result?: { trial?: number; isLast?: boolean } }).result;
    screen.say(`cycle ${iterations.get(runId)}  ${status}, trial ${result?.trial}, run ${runId}`);
    if (status !== 'succeeded' || result?.isLast === true) break;
  }
  const progress = await client.progress(chainId);
  const { trial } = await client.things.get('users', user);
  screen.say(`${progress.done} cycles, each once; trial is ${String(trial)}`);
  return { id: chainId, status: trial === 0 && progress.done === before['trial'] ? progress.status : 'failed' };
};
