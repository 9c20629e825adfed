import { signals } from '@nightshift/contracts';
import type { Bus, Closable } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { MatchEvents } from './match-events.ts';

/** Looks for what events start, in the one replica that leads. */
export interface WatchEvents {
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface WatchEventsDeps {
  match: MatchEvents;
  bus: Pick<Bus, 'subscribe'>;
  logger: Pick<Logger, 'warn'>;
}

/** A signal that was lost costs as much. */
const LOOK_EVERY_MS = 1_000;

export const makeWatchEvents = ({ match, bus, logger }: WatchEventsDeps): WatchEvents => {
  let hearing: Closable | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isWatching = false;
  /** Whether a signal has come since the last look began. */
  let isStirred = false;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      do isStirred = false;
      while (((await match()) || isStirred) && isWatching);
    } catch (error) {
      logger.warn({ err: error }, 'what events start cannot be looked for yet');
    }
  };

  const stir = (): void => {
    isStirred = true;
    if (!isWatching || looking !== undefined) return;
    clearTimeout(timer);
    looking = look().finally(() => {
      looking = undefined;
      if (isWatching) timer = setTimeout(stir, LOOK_EVERY_MS);
    });
  };

  return {
    start: () => {
      isWatching = true;
      hearing = bus.subscribe(signals.events, stir);
      stir();
    },
    stop: async () => {
      isWatching = false;
      hearing?.close();
      clearTimeout(timer);
      await looking;
    },
  };
};
