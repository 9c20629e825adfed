import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { SchedulerMetrics } from '../metrics.ts';

export interface KeepHouseDeps {
  ledger: {
    runs: Pick<Ledger['runs'], 'countHeld'>;
    events: Pick<Ledger['events'], 'forget'>;
    guards: Pick<Ledger['guards'], 'forgetStarts'>;
    recurrences: Pick<Ledger['recurrences'], 'forgetOccurrences'>;
    schedules: Pick<Ledger['schedules'], 'forget' | 'forgetRequests'>;
    idempotency: Pick<Ledger['idempotency'], 'forget'>;
    evaluations: Pick<Ledger['evaluations'], 'forget'>;
    audit: Pick<Ledger['audit'], 'forget'>;
    receivedEvents: Pick<Ledger['receivedEvents'], 'forgetReplays'>;
    webhooks: Pick<Ledger['webhooks'], 'countDeliveries' | 'forgetDeliveries'>;
  };
  /** A run that comes to wait for an outside event this long after it finds it still. */
  eventsKeptForMs: number;
  /** After this long nobody asks any more why a planned moment started no run. */
  occurrencesKeptForMs: number;
  /** After this long nobody looks any more for schedules that have ended. */
  schedulesKeptForMs: number;
  /** A request that is repeated after this long is a new one. */
  idempotencyKeysKeptForMs: number;
  /** As long as it can be asked who changed what. */
  auditKeptForMs: number;
  /** After this long nobody asks any more what a webhook was told, or has it sent again. */
  deliveriesKeptForMs: number;
  metrics: SchedulerMetrics;
  logger: Logger;
}

const EVERY_MS = 60_000;
/** Only the count of the current minute is asked for. The rest is for whose clock is behind. */
const STARTS_KEPT_FOR_MS = 60 * 60_000;
/** They hold what things were; whoever asked for them has looked by then. */
const EVALUATIONS_KEPT_FOR_MS = 7 * 24 * 60 * 60_000;
/** Longer than the data service may be away between the handling of a change and its confirmation in the log. */
const REQUESTS_KEPT_FOR_MS = 90 * 24 * 60 * 60_000;
/** One statement. Larger holds its locks for longer; smaller costs more statements. */
const FORGOTTEN_AT_ONCE = 10_000;

/** Forgets what is too old to matter, and counts what guards hold. @returns the milliseconds until the next turn */
export const makeKeepHouse = (deps: KeepHouseDeps) => async (): Promise<number> => {
  const {
    ledger,
    eventsKeptForMs,
    occurrencesKeptForMs,
    schedulesKeptForMs,
    idempotencyKeysKeptForMs,
    auditKeptForMs,
    deliveriesKeptForMs,
    metrics,
    logger,
  } = deps;
  const now = Date.now();
  const held = await ledger.runs.countHeld();
  metrics.runsHeld.reset();
  for (const [guard, runs] of held) metrics.runsHeld.set({ guard }, runs);
  await ledger.guards.forgetStarts(new Date(now - STARTS_KEPT_FOR_MS));
  const events = await ledger.events.forget(new Date(now - eventsKeptForMs));
  if (events > 0) logger.info({ events }, 'old outside events forgotten');
  const { recurrences, schedules: ended, idempotency, evaluations } = ledger;
  const occurrences = await forgetAll(recurrences.forgetOccurrences, now - occurrencesKeptForMs);
  if (occurrences > 0) logger.info({ occurrences }, 'old occurrences of recurrences forgotten');
  await ended.forgetRequests(new Date(now - REQUESTS_KEPT_FOR_MS));
  const schedules = await forgetAll(ended.forget, now - schedulesKeptForMs);
  if (schedules > 0) logger.info({ schedules }, 'schedules that ended long ago forgotten');
  const keys = await forgetAll(idempotency.forget, now - idempotencyKeysKeptForMs);
  if (keys > 0) logger.info({ keys }, 'old idempotency keys forgotten');
  const decisions = await forgetAll(evaluations.forget, now - EVALUATIONS_KEPT_FOR_MS);
  if (decisions > 0) logger.info({ decisions }, 'old decisions of triggers forgotten');
  const entries = await forgetAll(ledger.audit.forget, now - auditKeptForMs);
  if (entries > 0) logger.info({ entries }, 'old audit entries forgotten');
  await forgetAll(ledger.receivedEvents.forgetReplays, now - eventsKeptForMs);
  const { webhooks } = ledger;
  const deliveries = await forgetAll(webhooks.forgetDeliveries, now - deliveriesKeptForMs);
  if (deliveries > 0) logger.info({ deliveries }, 'old deliveries to webhooks forgotten');
  metrics.deliveries.reset();
  for (const { webhook, status, deliveries: count } of await webhooks.countDeliveries())
    metrics.deliveries.set({ webhook, status }, count);
  return EVERY_MS;
};

const forgetAll = async (
  forget: (before: Date, limit: number) => Promise<number>,
  beforeMs: number,
): Promise<number> => {
  for (let forgotten = 0; ;) {
    const some = await forget(new Date(beforeMs), FORGOTTEN_AT_ONCE);
    forgotten += some;
    if (some < FORGOTTEN_AT_ONCE) return forgotten;
  }
};
