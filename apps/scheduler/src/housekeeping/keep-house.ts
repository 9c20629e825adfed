import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { SchedulerMetrics } from '../metrics.ts';

export interface KeepHouseDeps {
  ledger: {
    runs: Pick<Ledger['runs'], 'countHeld'>;
    events: Pick<Ledger['events'], 'forget'>;
    guards: Pick<Ledger['guards'], 'forgetStarts'>;
    recurrences: Pick<Ledger['recurrences'], 'forgetOccurrences'>;
  };
  /** A run that comes to wait for an outside event this long after it finds it still. */
  eventsKeptForMs: number;
  /** After this long nobody asks any more why a planned moment started no run. */
  occurrencesKeptForMs: number;
  metrics: SchedulerMetrics;
  logger: Logger;
}

const EVERY_MS = 60_000;
/** Only the count of the current minute is asked for. The rest is for whose clock is behind. */
const STARTS_KEPT_FOR_MS = 60 * 60_000;
/** One statement. Larger holds its locks for longer; smaller costs more statements. */
const FORGOTTEN_AT_ONCE = 10_000;

/** Forgets what is too old to matter, and counts what guards hold. @returns the milliseconds until the next turn */
export const makeKeepHouse =
  ({ ledger, eventsKeptForMs, occurrencesKeptForMs, metrics, logger }: KeepHouseDeps) =>
  async (): Promise<number> => {
    const now = Date.now();
    const held = await ledger.runs.countHeld();
    metrics.runsHeld.reset();
    for (const [guard, runs] of held) metrics.runsHeld.set({ guard }, runs);
    await ledger.guards.forgetStarts(new Date(now - STARTS_KEPT_FOR_MS));
    const events = await ledger.events.forget(new Date(now - eventsKeptForMs));
    if (events > 0) logger.info({ events }, 'old outside events forgotten');
    const occurrences = await forgetOccurrences(ledger, new Date(now - occurrencesKeptForMs));
    if (occurrences > 0) logger.info({ occurrences }, 'old occurrences of recurrences forgotten');
    return EVERY_MS;
  };

const forgetOccurrences = async ({ recurrences }: KeepHouseDeps['ledger'], before: Date): Promise<number> => {
  for (let forgotten = 0; ;) {
    const some = await recurrences.forgetOccurrences(before, FORGOTTEN_AT_ONCE);
    forgotten += some;
    if (some < FORGOTTEN_AT_ONCE) return forgotten;
  }
};
