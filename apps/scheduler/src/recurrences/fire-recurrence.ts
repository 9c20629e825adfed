import { Failure, signals, type SkipReason } from '@nightshift/contracts';
import type { FiringState, Ledger, RecurrenceRow, SettledOccurrence, Settlement } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import { settleOccurrences } from '@nightshift/workflow-core';
import type { DispatchRequested } from '../dispatch-requested.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { CancelPrevious } from './cancel-previous.ts';
import { comeMoments, type ComeMoments } from './come-moments.ts';
import { occurrenceRun } from './occurrence-run.ts';
import type { IsThingGone } from './thing-gone.ts';

export interface FireRecurrenceDeps {
  ledger: Pick<Ledger, 'recurrences' | 'workflows'>;
  bus: Pick<Bus, 'send'>;
  dispatch: DispatchRequested;
  cancelPrevious: CancelPrevious;
  isThingGone: IsThingGone;
  metrics: SchedulerMetrics;
  logger: Logger;
}

/** Between a cancellation and the next try nothing but another run of the same recurrence can come. */
const ATTEMPTS = 3;

/** Moments that follow sooner than the next regular look are told of. */
const TOLD_AHEAD_MS = 1_000;

/**
 * Settles the planned moments of a recurrence that have come, starts their runs and plans the next: all of them, or after an outage the first
 * of many, and the rest right after. @returns whether this process was first
 */
export const makeFireRecurrence =
  ({ ledger, bus, dispatch, cancelPrevious, isThingGone, metrics, logger }: FireRecurrenceDeps) =>
  async (recurrence: RecurrenceRow): Promise<boolean> => {
    const { workflow, key, spec } = recurrence;
    const now = new Date();
    const come = comeMoments(recurrence, now);
    const version = await versionOf(ledger, recurrence);
    const isGone = await isThingGone(spec);
    let settlement: Settlement | undefined;
    const settle = (state: FiringState): Settlement | undefined => {
      settlement = isGone ? ended(come) : settled(recurrence, come, version, state, now);
      return mustCancelFirst(recurrence, settlement, state) ? undefined : settlement;
    };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const fired = await ledger.recurrences.fire(recurrence, settle);
      if (fired.outcome === 'moved') return false;
      if (fired.outcome === 'put-off') {
        if (fired.openRunId !== null) await cancelPrevious(fired.openRunId);
        continue;
      }
      tellOfNext(bus, recurrence, come, now);
      await dispatch(fired.started);
      count(metrics, settlement?.occurrences ?? []);
      if (isGone) logger.info({ workflow, key, thing: spec.thing }, 'recurrence ended with its thing');
      else if (version === undefined)
        logger.warn({ workflow, key }, 'recurrence skipped, its workflow is not published');
      return true;
    }
    throw new Failure('ledger.unavailable', { detail: `The previous run of recurrence ${key} cannot be cancelled` });
  };

/** The version that a recurrence's runs go by now; undefined: its workflow is not published. */
export const versionOf = async (
  ledger: Pick<Ledger, 'workflows'>,
  { workflow, workflowVersion }: RecurrenceRow,
): Promise<number | undefined> =>
  workflowVersion ?? (await ledger.workflows.find(workflow))?.publishedVersion ?? undefined;

const settled = (
  recurrence: RecurrenceRow,
  { moments, isBehind, next }: ComeMoments,
  version: number | undefined,
  { isPaused, hasQueue, openRunId }: FiringState,
  now: Date,
): Settlement => {
  const occurrences = settleOccurrences(recurrence.spec, {
    moments,
    isBehind,
    now,
    isPaused,
    isPublished: version !== undefined,
    isPreviousOpen: openRunId !== null,
    hasQueue,
  });
  return {
    next,
    occurrences: occurrences.map((one): SettledOccurrence =>
      one.outcome === 'fired' ? { ...one, run: occurrenceRun(recurrence, one.plannedAt, version!, now) } : one,
    ),
  };
};

const ended = ({ moments }: ComeMoments): Settlement => ({
  occurrences: moments.map((moment) => ({ ...moment, outcome: 'skipped', reason: 'thingGone' })),
  next: undefined,
  endsBecause: 'thingGone',
});

const mustCancelFirst = ({ spec }: RecurrenceRow, { occurrences }: Settlement, { openRunId }: FiringState): boolean =>
  spec.overlap === 'cancelPrevious' && openRunId !== null && occurrences.some(({ outcome }) => outcome === 'fired');

/** So that it is not late if it comes before the next regular look: after an outage, or by jitter. */
const tellOfNext = (
  bus: Pick<Bus, 'send'>,
  { spec }: RecurrenceRow,
  { isBehind, next }: ComeMoments,
  now: Date,
): void => {
  const isSoon = next !== undefined && next.dueAt.getTime() - now.getTime() < TOLD_AHEAD_MS;
  if (isSoon && (isBehind || spec.jitter !== undefined)) {
    bus.send(signals.timers, { dueAt: next.dueAt.toISOString() });
  }
};

const count = (metrics: SchedulerMetrics, occurrences: readonly SettledOccurrence[]): void => {
  const skipped = new Map<SkipReason, number>();
  for (const one of occurrences) {
    if (one.outcome === 'skipped') skipped.set(one.reason, (skipped.get(one.reason) ?? 0) + 1);
    if (one.outcome !== 'fired') continue;
    metrics.recurrencesFired.inc();
    metrics.lateness.observe({ kind: 'recurrence' }, Math.max(0, Date.now() - one.dueAt.getTime()) / 1000);
  }
  for (const [reason, moments] of skipped) metrics.recurrencesSkipped.inc({ reason }, moments);
};
