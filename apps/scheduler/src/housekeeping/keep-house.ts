import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { SchedulerMetrics } from '../metrics.ts';

export interface KeepHouseDeps {
  ledger: {
    runs: Pick<Ledger['runs'], 'countHeld'>;
    events: Pick<Ledger['events'], 'forget'>;
    guards: Pick<Ledger['guards'], 'forgetStarts'>;
  };
  /** A run that comes to wait for an outside event this long after it finds it still. */
  eventsKeptForMs: number;
  metrics: SchedulerMetrics;
  logger: Logger;
}

const EVERY_MS = 60_000;
/** Only the count of the current minute is asked for. The rest is for whose clock is behind. */
const STARTS_KEPT_FOR_MS = 60 * 60_000;

/** Forgets what is too old to matter, and counts what guards hold. @returns the milliseconds until the next turn */
export const makeKeepHouse =
  ({ ledger, eventsKeptForMs, metrics, logger }: KeepHouseDeps) =>
  async (): Promise<number> => {
    const now = Date.now();
    const held = await ledger.runs.countHeld();
    metrics.runsHeld.reset();
    for (const [guard, runs] of held) metrics.runsHeld.set({ guard }, runs);
    await ledger.guards.forgetStarts(new Date(now - STARTS_KEPT_FOR_MS));
    const events = await ledger.events.forget(new Date(now - eventsKeptForMs));
    if (events > 0) logger.info({ events }, 'old outside events forgotten');
    return EVERY_MS;
  };
