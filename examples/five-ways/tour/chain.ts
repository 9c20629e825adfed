import { endOf, requestOf, type Tour, type WayEnd } from './tour.ts';

/** Way 5: a workflow that schedules itself, until the user's trial is over. */
export const chain = async ({ client, screen, user }: Tour): Promise<WayEnd> => {
  const before = await client.things.get('users', user);
  const events = await client.events({ workflow: 'count-down' }).opened();
  const first = await client.start('count-down', { user });
  screen.say(`count-down, a day each 0.3 s, with a trial of ${before.trial} days: chain ${first.id}`);

  const cycles = client.handles.chain(first.id);
  const iterations = new Map<string, number>();
  for await (const { event } of events) {
    if (event.chainId !== cycles.id) continue;
    const requested = requestOf(event);
    if (requested) iterations.set(event.runId, requested.iteration);
    const status = endOf(event);
    if (status === undefined) continue;
    const { result } = event.data as { result?: { trial: number; isLast: boolean } };
    screen.say(`cycle ${iterations.get(event.runId)}  ${status}, trial ${result?.trial}, run ${event.runId}`);
    if (status !== 'succeeded' || result?.isLast === true) break;
  }
  const { status, done } = await cycles.done();
  const { trial } = await client.things.get('users', user);
  screen.say(`${done} cycles, each once; trial is ${trial}`);
  return { id: cycles.id, status: trial === 0 && done === before.trial ? status : 'failed' };
};
