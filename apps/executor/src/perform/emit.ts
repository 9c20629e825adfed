import { effectKey } from './effect-key.ts';
import type { Perform } from './performed.ts';

/** Emits an outside event with the commit of the step's completion. Its id is the same for each attempt, so it counts once. */
export const performEmit: Perform<'emit'> = ({ event }, occasion) => {
  const id = effectKey(occasion);
  return {
    outcome: { kind: 'completed', result: { id } },
    emitted: [
      {
        id,
        source: `/workflows/${occasion.requested.workflow}`,
        type: event.type,
        subject: event.subject ?? null,
        time: new Date().toISOString(),
        data: event.data ?? null,
      },
    ],
  };
};
