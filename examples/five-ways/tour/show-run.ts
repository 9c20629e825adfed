import type { RunHandle } from '@nightshift/client';
import type { RunStatus } from '@nightshift/contracts';
import { describeEvent } from './describe-event.ts';
import { endOf, type Tour } from './tour.ts';

/** Shows a run's events, those of the past and those to come, until it ends; with how many seconds since the first. */
export const showRun = async ({ screen }: Tour, run: RunHandle): Promise<RunStatus> => {
  let startedAt: number | undefined;
  for await (const { event } of run.events()) {
    startedAt ??= Date.parse(event.at);
    const seconds = ((Date.parse(event.at) - startedAt) / 1000).toFixed(3).padStart(7);
    screen.say(`${seconds} s  ${describeEvent(event)}`);
    const status = endOf(event);
    if (status !== undefined) return status;
  }
  return (await run.get()).status;
};
