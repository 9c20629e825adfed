import { requests, type ChangeGap, type Page } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

const LIST_TIMEOUT_MS = 10_000;

export const makeChangeHandlers = ({ bus }: { bus: Pick<Bus, 'request'> }) => ({
  /** Stretches of the log whose changes became no events, the last one first. @throws Failure `data.unavailable` */
  gaps: async (): Promise<Page<ChangeGap>> => ({
    items: await bus.request(requests.changeGaps, null, {
      timeoutMs: LIST_TIMEOUT_MS,
      unavailable: 'data.unavailable',
    }),
    nextCursor: null,
  }),
});

export type ChangeHandlers = ReturnType<typeof makeChangeHandlers>;
