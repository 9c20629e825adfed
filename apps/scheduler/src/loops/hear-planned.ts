import { signals } from '@nightshift/contracts';
import type { Bus, Closable } from '@nightshift/messaging';
import type { Activity } from './activity.ts';
import type { DueWork } from './due-work.ts';

/** The work, told by signal what is planned between two looks. Every replica hears it, and whoever is first fires. */
export const hearPlanned = (bus: Pick<Bus, 'subscribe'>, work: DueWork): Activity => {
  let hearing: Closable | undefined;
  return {
    start: () => {
      hearing = bus.subscribe(signals.timers, (body) => work.planned(Date.parse((body as { dueAt: string }).dueAt)));
      work.start();
    },
    stop: async () => {
      hearing?.close();
      await work.stop();
    },
  };
};
