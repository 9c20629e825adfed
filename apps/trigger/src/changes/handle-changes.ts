import { asFailure, Failure, subjects, type ChangeEvent } from '@nightshift/contracts';
import type { Delivered } from '@nightshift/messaging';
import type { LookAgain } from '../events/look-again.ts';
import type { TriggerMetrics } from '../metrics.ts';
import type { KnownTriggers } from '../triggers/known-triggers.ts';
import type { ReadStarts } from '../starts/read-starts.ts';
import type { AdmitRuns, Start } from './admit-runs.ts';
import { matchChange } from './match-change.ts';
import type { Overtake } from './overtake.ts';
import { makeOutcomes } from './outcomes.ts';
import type { PutAside } from './put-aside.ts';
import { isGap, readChange } from './read-change.ts';
import type { RecordEvaluations } from './record-evaluations.ts';
import { runOfChange } from './run-of-change.ts';

/** Smaller is reached by ordinary load; larger makes others wait that much longer behind a flood. */
const LATE_MS = 1_000;
/** A batch of fewer is what there was: the reader is late because it was away, not because it has too much. */
const MANY = 100;

export type HandleChanges = (batch: readonly Delivered[]) => Promise<void>;

export interface HandleChangesDeps {
  knownTriggers: KnownTriggers;
  readStarts: ReadStarts;
  lookAgain: LookAgain;
  admitRuns: AdmitRuns;
  recordEvaluations: RecordEvaluations;
  putAside: PutAside;
  overtake: Overtake;
  /** Resolves when what was put aside is stored. */
  flush: () => Promise<void>;
  metrics: TriggerMetrics;
}

/**
 * Starts the runs of a batch of changes, in the order of the changes. Resolved: every run is in the ledger, or the reason why it
 * cannot be is put aside. Rejected: the batch is to be handled again, which starts nothing twice.
 */
export const makeHandleChanges =
  ({
    knownTriggers,
    readStarts,
    lookAgain,
    admitRuns,
    recordEvaluations,
    putAside,
    overtake,
    flush,
    metrics,
  }: HandleChangesDeps): HandleChanges =>
  async (batch) => {
    const { triggers, records } = await knownTriggers();
    const at = new Date().toISOString();
    const starts: Start[] = [];
    const refusals: Parameters<PutAside>[] = [];
    const outcomes = makeOutcomes(metrics);
    const changes: ChangeEvent[] = [];
    let matched = 0;
    let lastCommittedAtMs = Date.now();

    const asked = await readStarts(batch, at);
    const again = await lookAgain(batch);
    for (const message of batch) {
      if (message.delivery.subject === subjects.sqlStart) {
        const start = asked.get(message)!;
        if (start instanceof Failure) refusals.push([message, start]);
        else {
          lastCommittedAtMs = start.committedAtMs;
          starts.push(start);
        }
        continue;
      }
      if (message.delivery.subject === subjects.eventAgain) {
        const failure = again.get(message);
        if (failure) refusals.push([message, failure]);
        continue;
      }
      if (isGap(message.payload)) continue;
      const change = readChange(message.payload);
      if (!change) {
        refusals.push([message, new Failure('request.malformed', { detail: 'The message is not a change event' })]);
        continue;
      }
      changes.push(change);
      lastCommittedAtMs = Date.parse(change.time);
      const { met, unmet, failed, leftOut, superseded } = await matchChange(change, triggers);
      if (met.length > 0) matched++;
      outcomes.notLookedAt(leftOut, superseded);
      for (const { trigger, reason } of unmet) outcomes.count(trigger, reason);
      for (const { trigger, error } of failed) {
        outcomes.count(trigger, 'error');
        refusals.push([message, asFailure(error), trigger.workflow]);
      }
      for (const { trigger, view } of met) {
        const run = await runOfChange(change, view, trigger, at);
        if (run instanceof Failure) {
          outcomes.count(trigger, 'error');
          refusals.push([message, run, trigger.workflow]);
        } else {
          outcomes.count(trigger, run.held ? 'depth' : 'started');
          starts.push({ run, message, committedAtMs: lastCommittedAtMs });
        }
      }
    }

    for (const { start, failure } of await admitRuns(starts)) {
      refusals.push([start.message, failure, start.run.requested.workflow]);
    }
    await recordEvaluations(changes, triggers, records, at);
    // After the ledger has answered: a batch that is repeated for an outage says each thing once.
    for (const refusal of refusals) putAside(...refusal);
    if (refusals.length > 0) await flush();
    outcomes.settle();
    metrics.changesSeen.inc(batch.length);
    metrics.changesMatched.inc(matched);
    metrics.changesUnmatched.inc(batch.length - matched);
    const lagMs = Math.max(0, Date.now() - lastCommittedAtMs);
    metrics.lag.set(lagMs / 1000);
    if (lagMs < LATE_MS) overtake.stop();
    else if (batch.length >= MANY) overtake.fallenBehind(batch, triggers);
  };
