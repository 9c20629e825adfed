import { signals } from '@nightshift/contracts';
import type { Bus, Closable } from '@nightshift/messaging';
import { makeLoop, type Logger } from '@nightshift/runtime';
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
  const loop = makeLoop({
    turn: async () => ((await match()) ? 0 : LOOK_EVERY_MS),
    restMs: LOOK_EVERY_MS,
    onFault: (error) => logger.warn({ err: error }, 'what events start cannot be looked for yet'),
  });
  return {
    start: () => {
      hearing = bus.subscribe(signals.events, loop.wake);
      loop.start();
    },
    stop: async () => {
      hearing?.close();
      await loop.stop();
    },
  };
};
